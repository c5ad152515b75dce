"""Lines of an evaluation: what was said, and what it should be understood as."""

from __future__ import annotations

from dataclasses import dataclass

from dialogue.flow.understand import Meaning
from dialogue.questionnaire.messages import COMMANDS, INTENTS, SAFETY
from dialogue.questionnaire.model import Option, Question, Questionnaire

ANYTIME = "-"
NOTHING = frozenset({"-", "none", "nothing", "other", "unclear", ""})
OTHER_NAMES = {
    "in_danger": "danger",
    "indanger": "danger",
    "unsafe": "danger",
    "badly_hurt": "hurt",
    "injured": "hurt",
    "medical": "hurt",
    "self_harm": "suicide",
    "suicidal": "suicide",
    "end_life": "suicide",
    "human": "person",
    "dont_know": "dk",
    "don_t_know": "dk",
    "prefer_not_to_say": "pns",
    "not_sure": "unsure",
    "greeting": "greet",
    "thank": "thanks",
}
"""Names that others use for the same."""
_SHARED = frozenset({"yes", "no", "unsure", "dk", "pns"})


class UnknownLineError(Exception):
    """The line names no question, or nothing that can be expected there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something said, and what it means."""

    language: str
    question: Question
    text: str
    label: str
    """Of an option, or of what can be said at any time; `-` for nothing."""

    @property
    def nothing(self) -> bool:
        """Whether it means nothing there."""
        return self.label == ANYTIME

    def means(self, name: str) -> bool:
        """Whether it means a command, a word of danger or a kind of answer of this name."""
        if self.label == name or (name == "text" and self.nothing):
            return True
        option = self.question.option(self.label)
        # An option that leads to the same place as the word of danger is not told from it.
        return option is not None and name in (*option.means, option.then)

    def chooses(self, option: Option) -> bool:
        """Whether it means this option."""
        return self.label == option.ref or self.label in (*option.means, option.then)


def read_line(row: str, questionnaire: Questionnaire) -> Line | None:
    """Read one line; None if it is empty or a heading."""
    if not row.strip() or row.startswith(("#", "language\t", "lang\t")):
        return None
    cells = row.split("\t")
    if len(cells) < 4:  # noqa: PLR2004
        raise UnknownLineError("needs four columns")
    language, name, text, expected = (cell.strip() for cell in cells[:4])
    question = _question(name, questionnaire)
    return Line(language=language, question=question, text=text, label=_label(expected, question))


def _question(name: str, questionnaire: Questionnaire) -> Question:
    questions = questionnaire.questions
    if name in {ANYTIME, ""}:
        shared = (q for q in questions.values() if {o.ref for o in q.options} >= _SHARED)
        return next(shared)
    found = questions.get(name) or questions.get(name.lower())
    if found is None:
        raise UnknownLineError(f"no question {name!r}")
    return found


def _label(expected: str, question: Question) -> str:
    name = expected.lower().replace(" ", "_").replace("-", "_") if expected != ANYTIME else expected
    for code in (expected, name, name.rpartition(".")[2]):
        option = question.option(code)
        if option is not None:
            return option.ref
    name = OTHER_NAMES.get(name, name)
    if name in NOTHING:
        return ANYTIME
    if name in {*COMMANDS, *INTENTS, *SAFETY, "text"}:
        return name
    raise UnknownLineError(f"nothing to expect at {question.id!r}: {expected!r}")


def heard_as(question: Question, meaning: Meaning) -> str:
    """What was understood, in a word."""
    refs = [option.ref for option in question.options if option.code in meaning.codes]
    return ", ".join(refs) or meaning.kind
