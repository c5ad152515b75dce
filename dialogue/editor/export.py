"""A questionnaire as an XLSForm workbook, with the words of every language."""

from collections.abc import Iterator, Mapping
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from dialogue.editor import xpath
from dialogue.editor.form import BLOCK, CHOICES, OWN, OWN_CHOICES, OWN_SURVEY, SURVEY, label
from dialogue.editor.words import Words
from dialogue.questionnaire.conditions import ALWAYS, All, Condition
from dialogue.questionnaire.model import COMMANDED, Block, Option, Question, Questionnaire

Row = dict[str, str]
TYPES = {"text": "text", "date": "text", "place": "text", "files": "file"}


def export(made: Questionnaire, words: Words, *, title: str) -> bytes:
    """The workbook (`.xlsx`): blocks are groups, options are lists named after their question."""
    heads = {language: label(language, _native(words, language)) for language in words}
    sheet = _Sheet(made, words, heads)
    book = Workbook()
    survey, choices, settings = book.active, book.create_sheet("choices"), book.create_sheet()
    assert isinstance(survey, Worksheet)  # noqa: S101 - a new book has one sheet
    survey.title, settings.title = "survey", "settings"
    _fill(survey, SURVEY, OWN_SURVEY, heads, sheet.survey())
    _fill(choices, CHOICES, OWN_CHOICES, heads, sheet.choices())
    form = {"form_title": title, "form_id": "backup_crsv", "version": str(made.version)}
    first = next(iter(heads.values()), "")
    language = {"default_language": first.removeprefix("label::")} if first else {}
    _fill(settings, (*form, *language), (), {}, [{**form, **language}])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _native(words: Words, language: str) -> str:
    return words[language].get(f"option.language.{language}", language)


def _fill(
    sheet: Worksheet,
    columns: tuple[str, ...],
    own: tuple[str, ...],
    heads: Mapping[str, str],
    rows: Iterator[Row] | list[Row],
) -> None:
    shown = [column for column in columns if column != "label"]
    if "label" in columns:
        shown += heads.values()
    shown += [f"{OWN}{column}" for column in own]
    sheet.append(shown)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([row.get(column, "") for column in shown])
    sheet.freeze_panes = "C2"


class _Sheet:
    """Makes the rows."""

    def __init__(self, made: Questionnaire, words: Words, heads: Mapping[str, str]) -> None:
        self._made, self._words, self._heads = made, words, heads

    def survey(self) -> Iterator[Row]:
        for block in self._made.blocks:
            group = "repeat" if block.repeat > 1 else "group"
            shared, rows = self._parted(block)
            count = {"repeat_count": str(block.repeat)} if block.repeat > 1 else {}
            yield {
                "type": f"begin_{group}",
                "name": f"{BLOCK}{block.id}",
                "relevant": self._relevant(shared),
                f"{OWN}detour": _yes(block.detour),
                **count,
                **self._said(f"block.{block.id}", block.id),
            }
            for question, when in rows:
                yield self._question(question, when)
            yield {"type": f"end_{group}"}

    def choices(self) -> Iterator[Row]:
        for question in self._made.questions.values():
            for option in question.options:
                if option.code not in COMMANDED or question.kind == "menu":
                    yield self._option(question, option)

    def _parted(self, block: Block) -> tuple[Condition, list[tuple[Question, Condition]]]:
        """What all questions of a block have in common, and what each has of its own."""
        first = block.questions[0].when
        shared = first.parts[0] if isinstance(first, All) and len(first.parts) > 1 else ALWAYS
        for one in block.questions:
            if type(one.when) is not All or one.when.parts[:1] != (shared,):
                return ALWAYS, [(q, q.when) for q in block.questions]
        return shared, [(q, All(q.when.parts[1:])) for q in block.questions]  # type: ignore[attr-defined]

    def _question(self, question: Question, when: Condition) -> Row:
        kind = question.kind
        many = "select_multiple" if question.multi else "select_one"
        listed = question.options and kind != "files"
        return {
            "type": f"{many} {question.id}" if listed else TYPES[kind],
            "name": question.id,
            "relevant": self._relevant(when),
            "required": _yes(question.required),
            f"{OWN}kind": kind,
            f"{OWN}sms": _yes(question.sms),
            f"{OWN}files": _yes(question.files and kind != "files"),
            f"{OWN}several": _yes(question.several),
            f"{OWN}says": question.says or "",
            f"{OWN}then": question.then or "",
            f"{OWN}does": question.does or "",
            **self._said(f"ask.{question.id}", question.id),
        }

    def _option(self, question: Question, option: Option) -> Row:
        plain = f"{question.id}.{option.code}"
        return {
            "list_name": question.id,
            "name": option.code,
            f"{OWN}ref": "" if option.ref == plain else option.ref,
            f"{OWN}says": option.says or "",
            f"{OWN}then": option.then or "",
            f"{OWN}does": option.does or "",
            f"{OWN}alone": _yes(option.alone),
            f"{OWN}means": " ".join(option.means),
            f"{OWN}hours": "" if option.hours is None else str(option.hours),
            f"{OWN}least": "" if option.least is None else str(option.least),
            **self._said(f"option.{option.ref}", option.code),
        }

    def _relevant(self, when: Condition) -> str:
        return xpath.write(when, self._options)

    def _options(self, question: str) -> tuple[str, ...]:
        return tuple(option.code for option in self._made.questions[question].options)

    def _said(self, message_id: str, otherwise: str) -> Row:
        return {
            head: self._words[language].get(message_id, otherwise)
            for language, head in self._heads.items()
        }


def _yes(flag: bool) -> str:  # noqa: FBT001 - a cell says yes or nothing
    return "yes" if flag else ""
