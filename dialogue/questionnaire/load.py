"""Reads the questionnaire file, strictly: every mistake is an error with its line and reason."""

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from dialogue.paths import QUESTIONNAIRE, SHIPPED
from dialogue.questionnaire.checks import check
from dialogue.questionnaire.conditional import ConditionReader
from dialogue.questionnaire.conditions import ALWAYS, All
from dialogue.questionnaire.fields import Fields, as_word, as_words
from dialogue.questionnaire.history import read_change
from dialogue.questionnaire.model import (
    COMMANDED,
    LANGUAGE,
    SHARED,
    SKIP,
    UNTOLD,
    Block,
    Option,
    Question,
    Questionnaire,
    Rule,
)
from dialogue.questionnaire.reader import (
    Items,
    Mistakes,
    QuestionnaireError,
    Section,
    Value,
    Word,
    read,
)

KINDS = ("choice", "choices", "consent", "text", "place", "date", "files", "menu")
VERBS = (
    "close",
    "end",
    "handoff",
    "submit",
    "erase",
    "again",
    "withdraw",
    "speak",
    "languages",
    "feedback",
)
RANKS = ("P0", "P1", "P2", "P3")
_ID = re.compile(r"[a-z][a-z0-9_]*")


def load(path: Path = QUESTIONNAIRE) -> Questionnaire:
    """Read and check a questionnaire file, and the file of urgency rules that it names.

    Raises:
        QuestionnaireError: it is wrong; the message names the line and the reason.
    """
    return parse(path.read_text("utf-8"), path.parent)


def parse(text: str, folder: Path = SHIPPED.parent) -> Questionnaire:
    """Read and check a questionnaire whose rules lie in `folder`; errors as in `load`."""
    return _Reader().questionnaire(read(text), folder)


def _id(value: Value) -> Word:
    word = as_word(value)
    if not _ID.fullmatch(word):
        raise QuestionnaireError(word.line, f"`{word}` is no id: lower letters, digits and _")
    return word


class _Reader(ConditionReader):
    """One reading: remembers which ids it met, so that it can refuse unknown and double ones."""

    def __init__(self) -> None:
        super().__init__()
        self.refs: set[str] = set()
        self.lines: dict[str, int] = {}
        self.languages: tuple[Word, ...] = ()

    def questionnaire(self, document: Section, folder: Path) -> Questionnaire:
        fields = Fields(document, "the questionnaire")
        version, limit = fields.number("version"), fields.number("text_limit")
        hide_texts, languages = fields.number("hide_texts"), fields.each("languages", _id)
        self.languages = languages
        if not (version and limit and hide_texts and languages):
            raise QuestionnaireError(
                1, "version, languages, text_limit and hide_texts must be there, and not 0"
            )
        says = self._says(fields.needed("says"))
        self.named = self.section(fields.value("conditions") or Section(1), "conditions")
        mistakes, blocks = Mistakes(), ()
        with mistakes.gathered():
            blocks = self._blocks(fields.needed("blocks"))
        for name in list(self.named):
            with mistakes.gathered():
                self.condition_named(name)
        file, history = fields.word("urgency"), fields.each("history", read_change)
        with mistakes.gathered():
            fields.done()
        rules_version, rules = 0, ()
        with mistakes.gathered():
            rules_version, rules = self._urgency(file, folder)
        mistakes.tell()
        made = Questionnaire(
            version=version,
            languages=tuple(map(str, languages)),
            text_limit=limit,
            hide_texts=hide_texts,
            rules_version=rules_version,
            blocks=blocks,
            rules=rules,
            conditions=self.conditions,
            history=history,
            says=says,
        )
        check(made, self.lines, rules=str(file))
        return made

    def _urgency(self, file: Word, folder: Path) -> tuple[int, tuple[Rule, ...]]:
        """The rules of the file that the questionnaire names; its errors name that file."""
        try:
            text = (folder / file).read_text("utf-8")
        except OSError as error:
            raise QuestionnaireError(file.line, f"there is no file `{file}` beside it") from error
        try:
            fields = Fields(read(text), "the file of rules")
            version, rules = fields.number("version"), fields.each("rules", self._rule)
            fields.done()
        except QuestionnaireError as error:
            raise error.of(file) from None
        if not (version and rules):
            raise QuestionnaireError(1, "version and rules must be there, and not 0", file)
        return version, rules

    def _says(self, value: Value) -> dict[str, str]:
        return {str(key): str(as_word(note)) for key, note in self.section(value, "says").items()}

    def _once(self, id_: Word, what: str) -> str:
        if f"{what} {id_}" in self.lines:
            raise QuestionnaireError(id_.line, f"there is a {what} `{id_}` already")
        self.lines[f"{what} {id_}"] = id_.line
        return str(id_)

    # -- blocks and questions

    def _blocks(self, value: Value) -> tuple[Block, ...]:
        if not isinstance(value, Items):
            raise QuestionnaireError(value.line, "`blocks` must be a list")
        made, mistakes = [], Mistakes()
        for item in value:
            with mistakes.gathered():
                made.append(self._block(item))
        mistakes.tell()
        return tuple(made)

    def _block(self, value: Value) -> Block:
        fields = Fields(value, "a block")
        id_ = self._once(_id(fields.needed("id")), "block")
        repeat, detour = fields.number("repeat") or 1, fields.flag("detour")
        when = self.when(fields)
        questions = fields.each("questions", self._question)
        fields.done()
        if not questions:
            raise QuestionnaireError(fields.line, f"block `{id_}` has no questions")
        inherited = tuple(
            replace(q, when=All((when, q.when)) if when != ALWAYS else q.when, repeats=repeat > 1)
            for q in questions
        )
        return Block(id=id_, questions=inherited, repeat=repeat, detour=detour)

    def _question(self, value: Value) -> Question:
        fields = Fields(value, "a question")
        id_ = self._once(_id(fields.needed("id")), "question")
        try:
            return self._asked(fields, id_)
        except QuestionnaireError:
            self.broken.add(id_)  # so that what speaks of it isn't taken for a mistake too
            raise

    def _asked(self, fields: Fields, id_: str) -> Question:
        kind = self._one_of(fields.word("kind"), KINDS, "kind")
        required = fields.flag("required")
        options = tuple(
            option
            for value in fields.each("options", lambda value: value)
            for option in self._options(value, id_)
        )
        options += self._added(kind, options, required=required)
        question = Question(
            id=id_,
            kind=kind,
            when=self.when(fields),
            options=options,
            required=required,
            sms=fields.flag("sms"),
            files=fields.flag("files") or kind == "files",
            several=fields.flag("several"),
            says=fields.text("says"),
            then=fields.text("then"),
            does=self._verb(fields),
        )
        fields.done()
        self._fits(question, fields.line)
        self._remember(question, fields.line)
        return question

    def _added(
        self, kind: str, options: tuple[Option, ...], *, required: bool
    ) -> tuple[Option, ...]:
        if kind == "files":
            return (Option(code="done", ref="done"),)
        if required or kind in {"menu", "consent"} or not options:
            return ()
        return tuple(Option(code=code, ref=code, alone=True) for code in UNTOLD)

    def _fits(self, question: Question, line: int) -> None:
        if question.open != (not question.options):
            raise QuestionnaireError(
                line, f"`{question.id}`: a {question.kind} has {_NEEDS[question.open]}"
            )
        if question.several and question.kind != "consent":
            raise QuestionnaireError(line, f"`{question.id}`: `several` belongs to a consent")
        if question.kept:
            for option in question.options:
                if option.ref in COMMANDED:
                    raise QuestionnaireError(line, f"`{option.ref}` can only stand in a menu")
        codes = [option.code for option in question.options]
        for code in codes:
            if codes.count(code) > 1:
                raise QuestionnaireError(line, f"`{question.id}` has `{code}` twice")

    def _remember(self, question: Question, line: int) -> None:
        codes = {option.code for option in question.options}
        if not question.required:
            codes |= {SKIP, *(UNTOLD if question.open else ())}
        self.codes[question.id] = frozenset(codes)
        self.refs |= {option.ref for option in question.options}
        self.lines[question.id] = line

    def _options(self, value: Value, question: str) -> tuple[Option, ...]:
        """One option, or one for each language."""
        if value != "languages":
            return (self._option(value, question),)
        prefix = "" if question == LANGUAGE else f"{LANGUAGE}."
        named = (Word(f"{prefix}{code}", value.line) for code in self.languages)
        return tuple(self._option(word, question) for word in named)

    def _option(self, value: Value, question: str) -> Option:
        name, caused = value, Section(value.line)
        if isinstance(value, Section) and len(value) == 1:
            ((name, causes),) = value.items()
            caused = self.section(causes, str(name))
        word = as_word(name)
        ref = self._ref(word, question)
        fields = Fields(caused, f"option `{word}`")
        option = Option(
            code=ref.rpartition(".")[2],
            ref=ref,
            says=fields.text("says"),
            then=fields.text("then"),
            does=self._verb(fields),
            alone=fields.flag("alone") or ref in UNTOLD,
            means=tuple(map(str, as_words(fields.value("means") or Items(iter(()), 0)))),
            hours=fields.number("hours"),
            least=fields.number("least"),
        )
        fields.done()
        return option

    def _ref(self, word: Word, question: str) -> str:
        if word in SHARED:
            return str(word)
        if "." in word:
            if word not in self.refs and word.partition(".")[0] not in self.broken:
                raise QuestionnaireError(word.line, f"no earlier question has the option `{word}`")
            return str(word)
        if not re.fullmatch(r"[a-z0-9_]+", word):
            raise QuestionnaireError(word.line, f"`{word}` is no id: lower letters, digits and _")
        return f"{question}.{word}"

    def _verb(self, fields: Fields) -> str | None:
        word = fields.maybe("does")
        return None if word is None else self._one_of(word, VERBS, "does")

    def _one_of(self, word: Word, known: Collection[str], what: str) -> str:
        if word not in known:
            raise QuestionnaireError(
                word.line, f"`{what}` is `{word}`, but must be one of {', '.join(known)}"
            )
        return str(word)

    # -- rules

    def _rule(self, value: Value) -> Rule:
        fields = Fields(value, "a rule")
        id_ = self._once(_id(fields.needed("id")), "rule")
        rule = Rule(
            id=id_,
            version=self._version(fields),
            rank=RANKS.index(self._one_of(fields.word("rank"), RANKS, "rank")),
            when=self.when(fields),
            source=str(fields.word("source")),
            windows=self._windows(fields, id_),
            tell=fields.text("tell"),
        )
        fields.done()
        return rule

    def _version(self, fields: Fields) -> int:
        version = fields.number("version")
        if not version:
            raise QuestionnaireError(fields.line, "a rule needs `version`, from 1 on")
        return version

    def _windows(self, fields: Fields, rule: str) -> dict[str, int]:
        hours, spans = fields.number("hours"), fields.value("windows")
        if spans is None:
            return {} if hours is None else {rule: hours}
        if hours is not None:
            raise QuestionnaireError(fields.line, "a rule has `hours` or `windows`, not both")
        inner = Fields(spans, "`windows`")
        named = {str(_id(name)): inner.number(name) or 0 for name in self.section(spans, "windows")}
        if not named or not all(named.values()):
            raise QuestionnaireError(spans.line, "a window is open for an hour at least")
        return named


_NEEDS = {True: "no options", False: "options"}
