"""An XLSForm as blocks of a questionnaire; every row that can't be one is explained."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import (
    DefinitionData,
    definition_to_dict,
    get_definition_data,
)
from pyxform.xls2xform import convert

from dialogue.editor import xpath
from dialogue.editor.drafts import BlockDraft, OptionDraft, QuestionDraft
from dialogue.editor.form import ADDED, BECOMES, BLOCK, LEFT_OUT, LISTS, OPEN, OWN, OWN_CHOICES
from dialogue.questionnaire.conditions import ALWAYS, All, Condition
from dialogue.questionnaire.model import SHARED, SKIP, UNTOLD, Questionnaire

Row = dict[str, str]
_ID = re.compile(r"[a-z][a-z0-9_]*")
_LABEL = re.compile(r"label(?:::(?:.*\((?P<code>\w+)\)|(?P<bare>\w+)))?")
NOT_TAKEN = ("constraint", "calculation", "default", "appearance", "choice_filter", "trigger")
FLAGS = ("sms", "files", "several")
NAMED = ("says", "then", "does")


class FormError(Exception):
    """A form that can't become a questionnaire; each line says where and why."""


@dataclass(slots=True)
class Form:
    """What was read: blocks, words by language and id, new statements, and what to know."""

    whole: bool
    blocks: list[BlockDraft] = field(default_factory=list)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def read(path: Path, base: Questionnaire) -> Form:
    """Read a workbook.

    Its conditions speak of its own questions, as an XLSForm must; who needs those of `base` begins
    with an export of it.

    Raises:
        FormError: it is no XLSForm, or has rows that can't be asked in a chat.
    """
    try:
        convert(path)
        data = definition_to_dict(get_definition_data(path))
    except (PyXFormError, OSError) as error:
        raise FormError(str(error)) from error
    form = _Reading(data, base).form()
    if form.errors:
        raise FormError("\n".join(form.errors))
    return form


class _Reading:
    """One pass over the rows."""

    def __init__(self, data: DefinitionData, base: Questionnaire) -> None:
        self._rows = list(data.survey or ())
        self._lists: dict[str, list[Row]] = {}
        for row in data.choices or ():
            self._lists.setdefault(row.get("list_name", ""), []).append(row)
        settings = next(iter(data.settings or ()), {})
        self._language = _code(settings.get("default_language", "")) or base.languages[0]
        self._form = Form(whole=settings.get("form_id") == "backup_crsv")
        self._codes = {
            q.id: tuple(option.code for option in q.options) for q in base.questions.values()
        }
        self._block: list[QuestionDraft] = []
        self._stack: list[tuple[str, str, Condition, Row]] = []
        self._note: str | None = None

    def form(self) -> Form:
        """Read every row."""
        for number, row in enumerate(self._rows, 2):
            self._try(number, row)
        self._close("own", {}, ALWAYS)
        return self._form

    def _try(self, number: int, row: Row) -> None:
        try:
            self._row(row)
        except (FormError, xpath.RelevantError) as error:
            self._form.errors.append(f"row {number}: {error}")

    def _row(self, row: Row) -> None:
        type_, _, listed = row.get("type", "").replace(" group", "_group").partition(" ")
        type_ = type_.replace(" repeat", "_repeat")
        if not type_:
            return
        if type_.startswith("begin"):
            self._begin("repeat" if "repeat" in f"{type_}{listed}" else "group", row)
        elif type_.startswith("end"):
            self._end()
        elif type_ in LEFT_OUT:
            self._warn(row, f"`{type_}` is left out: {LEFT_OUT[type_]}")
        elif type_ == "note":
            self._statement(row)
        elif type_ in LISTS or type_ in OPEN:
            self._question(type_, listed, row)
        else:
            raise FormError(f"`{type_}` can't be asked in a chat")

    # -- groups

    def _begin(self, kind: str, row: Row) -> None:
        if kind == "repeat" and self._stack:
            raise FormError("a repeat must stand by itself, not inside a group")
        if not self._stack:
            self._close("own", {}, ALWAYS)
        when = xpath.read(row.get("relevant", ""), self._codes.get)
        name = _id(row.get("name", "").removeprefix(BLOCK))
        self._stack.append((kind, name, when, row))

    def _end(self) -> None:
        if not self._stack:
            raise FormError("a group ends here that didn't begin")
        kind, name, when, row = self._stack.pop()
        if self._stack:
            return  # an inner group: its condition is part of each of its questions
        fields = {"detour": "yes"} if row.get(f"{OWN}detour") else {}
        if kind == "repeat":
            fields["repeat"] = row.get("repeat_count") or "3"
            self._again(name)
        self._close(name, fields, when)

    def _again(self, block: str) -> None:
        """A block that repeats ends with a menu whose "yes" tells it once more."""
        if self._block and self._block[-1].fields["kind"] == "menu":
            return
        options = (OptionDraft(name="no"), OptionDraft(name="yes"))
        id_ = f"{block}_again"
        self._block.append(QuestionDraft(id=id_, fields={"kind": "menu"}, options=options))
        self._form.warnings.append(
            f"`{id_}` was added: whether `{block}` is told once more; its words are to come"
        )

    def _close(self, name: str, fields: dict[str, str], when: Condition) -> None:
        if self._block:
            draft = BlockDraft(id=name, fields=fields, when=when, questions=tuple(self._block))
            self._form.blocks.append(draft)
        self._block = []

    # -- questions

    def _question(self, type_: str, listed: str, row: Row) -> None:
        id_ = _id(row.get("name", ""))
        if type_ in BECOMES:
            self._warn(row, f"`{id_}` {BECOMES[type_]}")
        for column in NOT_TAKEN:
            if row.get(column):
                self._warn(row, f"`{column}` is not taken")
        kind = row.get(f"{OWN}kind") or LISTS.get(type_) or OPEN[type_]
        required = row.get("required", "").lower() in {"yes", "true", "true()"}
        fields = {"kind": kind, **({"required": "yes"} if required else {})}
        fields |= {flag: "yes" for flag in FLAGS if row.get(f"{OWN}{flag}")}
        fields |= {name: row[f"{OWN}{name}"] for name in NAMED if row.get(f"{OWN}{name}")}
        if self._note and "says" not in fields:
            fields["says"] = self._note
        self._note = None
        when = self._when(row)
        options = tuple(self._options(id_, listed, kind, required=required))
        self._codes[id_] = tuple(option.name.rpartition(".")[2] for option in options)
        if options and not required and kind not in {"menu", "consent"}:
            self._codes[id_] += UNTOLD
        self._say(f"ask.{id_}", row)
        self._block.append(QuestionDraft(id=id_, fields=fields, when=when, options=options))

    def _when(self, row: Row) -> Condition:
        own = xpath.read(row.get("relevant", ""), self._codes.get)
        parts = (*(when for _, _, when, _ in self._stack[1:]), own)
        known = tuple(part for part in parts if part != ALWAYS)
        if not known:
            return ALWAYS
        return known[0] if len(known) == 1 else All(known)

    def _options(
        self, question: str, listed: str, kind: str, *, required: bool
    ) -> Iterator[OptionDraft]:
        rows = self._lists.get(listed.split(" ", maxsplit=1)[0], []) if listed else []
        added = ADDED if not required and kind not in {"menu", "consent"} else frozenset({SKIP})
        for row in rows:
            name = row.get(f"{OWN}ref") or row.get("name", "").lower()
            if name in added and kind != "menu":
                continue  # the program gives these to every list that need not be answered
            causes = {one: row[f"{OWN}{one}"] for one in OWN_CHOICES[1:] if row.get(f"{OWN}{one}")}
            if " " in causes.get("means", ""):
                causes["means"] = f"[{', '.join(causes['means'].split())}]"
            if name not in SHARED and "." not in name:
                _code_of(name)
                self._say(f"option.{question}.{name}", row)
            yield OptionDraft(name=name, causes=causes)

    def _statement(self, row: Row) -> None:
        """A note is said before the next question."""
        id_ = _id(row.get("name", ""))
        self._say(f"say.{id_}", row)
        self._form.says[id_] = "a note of the form"
        self._note = id_

    def _say(self, message_id: str, row: Row) -> None:
        hint = row.get("hint", "")
        for column, text in row.items():
            if found := _LABEL.fullmatch(column):
                language = found["code"] or found["bare"] or self._language
                words = f"{text}\n{hint}" if hint else text
                self._form.words.setdefault(language, {})[message_id] = words

    def _warn(self, row: Row, what: str) -> None:
        self._form.warnings.append(f"row {self._rows.index(row) + 2}: {what}")


def _id(name: str) -> str:
    if not _ID.fullmatch(name):
        raise FormError(f"`{name}` is no id: lower letters, digits and _, a letter first")
    return name


def _code_of(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise FormError(f"the option `{name}` is no id: lower letters, digits and _")


def _code(language: str) -> str:
    found = re.fullmatch(r"(?:.*\()?(\w+)\)?", language)
    return found[1] if found else ""
