"""The questionnaire as values: blocks, questions, options, urgency rules; and finding them.

Invariants: ids are unique; a condition speaks of earlier questions only, so that the questions can
be walked in one pass; nothing here knows a word of any language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dialogue.questionnaire.conditions import Condition, questions_of
from dialogue.questionnaire.history import Change

SHARED = ("yes", "no", "unsure", "dk", "pns", "done", "skip", "person")
"""Options that mean the same in every question and carry no question in their message id."""

COMMANDED = ("done", "skip", "person")
"""Shared options that steer and are no answers."""

UNTOLD = ("dk", "pns")
"""Added to every list that need not be answered: don't know, and prefer not to say."""

LANGUAGE, TOPIC = "language", "cover_topic"
"""Questions that the program knows by name."""

SKIP = "skip"
TEXT = "@text"
"""What stands for a sealed text among the answers."""
VOICE = "@voice"
"""What stands for a sealed recording among the answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way to answer: `code` is unique in its question, `ref` names the words `option.<ref>`."""

    code: str
    ref: str
    says: str | None = None
    then: str | None = None
    does: str | None = None
    alone: bool = False
    means: tuple[str, ...] = ()
    hours: int | None = None
    """Hours that have passed at the least, for questions of time."""
    least: int | None = None
    """The lowest figure that it stands for, for questions like an age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; `options` are all that can be chosen, in the order in which they are shown."""

    id: str
    kind: str
    when: Condition
    options: tuple[Option, ...] = ()
    required: bool = False
    sms: bool = False
    files: bool = False
    """Asked only where files can be taken."""
    several: bool = False
    says: str | None = None
    then: str | None = None
    does: str | None = None
    repeats: bool = False
    """Whether it stands in a block that can be told more than once."""

    @property
    def open(self) -> bool:
        """Whether it takes free text."""
        return self.kind in {"text", "date"} or (self.kind == "place" and not self.options)

    @property
    def multi(self) -> bool:
        """Whether several options can be chosen."""
        return self.kind == "choices" or self.several

    @property
    def kept(self) -> bool:
        """Whether its answer belongs to the report."""
        return self.kind not in {"menu", "files"}

    def option(self, ref_or_code: str) -> Option | None:
        """Find an option by its wire id or its code."""
        return next((o for o in self.options if ref_or_code in (o.ref, o.code)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Questions that belong together."""

    id: str
    questions: tuple[Question, ...]
    repeat: int = 1
    detour: bool = False

    @property
    def again(self) -> str | None:
        """Id of the menu whose "yes" tells the block once more."""
        return self.questions[-1].id if self.repeat > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A reason to be quick. With `hours`, it holds while the latest plausible moment is within."""

    id: str
    version: int
    rank: int
    """0 is now, 3 is for information; P0 to P3 in the file."""
    when: Condition
    source: str
    windows: Mapping[str, int] = field(default_factory=dict)
    """Hours after the latest plausible moment at which each of its windows closes, by name."""
    tell: str | None = None

    @property
    def hours(self) -> int | None:
        """When its last window closes; None if it holds at any time."""
        return max(self.windows.values(), default=None)


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """Everything that is asked and said; made by `load`."""

    version: int
    languages: tuple[str, ...]
    text_limit: int
    hide_texts: int
    """How many there are of each topic."""
    rules_version: int
    blocks: tuple[Block, ...]
    rules: tuple[Rule, ...]
    conditions: Mapping[str, Condition]
    history: tuple[Change, ...] = ()
    """What earlier versions changed."""
    says: Mapping[str, str]
    """Ids of statements and their notes for translators; `{x}` in a note is a placeholder."""

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """All questions by id."""
        return {question.id: question for block in self.blocks for question in block.questions}

    @cached_property
    def order(self) -> tuple[Block, ...]:
        """The blocks of the normal way."""
        return tuple(block for block in self.blocks if not block.detour)

    @cached_property
    def retired(self) -> Mapping[str, tuple[str, ...]]:
        """Questions that older reports may answer and nobody asks now, with their options."""
        return {id_: codes for one in self.history for id_, codes in one.retired.items()}

    @cached_property
    def detours(self) -> Mapping[str, Block]:
        """The blocks that are entered from elsewhere, by id."""
        return {block.id: block for block in self.blocks if block.detour}

    @cached_property
    def detour_of(self) -> Mapping[str, str]:
        """The detour block of each question that stands in one."""
        return {q.id: block.id for block in self.detours.values() for q in block.questions}

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """What a hidden chat and an unasked message can speak of; the first unless they chose."""
        return tuple(o.code for o in self.questions[TOPIC].options if o.code not in UNTOLD)

    @cached_property
    def clocks(self) -> tuple[Question, ...]:
        """The questions that tell how long ago it was."""
        return tuple(
            question
            for question in self.questions.values()
            if any(option.hours is not None for option in question.options)
        )

    @cached_property
    def bearing(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that an answer to a question bears on, by the question's id."""
        clocks = {question.id for question in self.clocks}
        heeded = [(r, questions_of(r.when) | (clocks if r.hours else set())) for r in self.rules]
        return {
            question: tuple(rule for rule, heeds in heeded if question in heeds)
            for question in self.questions
        }


def key_of(question: str, time: int) -> str:
    """The key of an answer: the question's id, with `#2` for the second telling of its block."""
    return question if time == 1 else f"{question}#{time}"


def split_key(key: str) -> tuple[str, int]:
    """The question and the telling that a key stands for."""
    question, _, time = key.partition("#")
    return question, int(time or 1)
