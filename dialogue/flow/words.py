"""A message beside the question that it may answer: one spelling, numbers, likely options."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from dialogue.flow.state import State
from dialogue.flow.values import Heard
from dialogue.questionnaire.model import Option, Question

_BETWEEN = r"[\s,;.،/+&]+"
# A short word may stand between: "2 and 3", "2 et 3", in any language.
_NUMBERS = re.compile(rf"\d{{1,2}}(?:{_BETWEEN}(?:[^\W\d]{{1,3}}{_BETWEEN})?\d{{1,2}})*[.)]?")
_FIGURES = re.compile(r"\d{1,3}(?:\s*[-\u2013]\s*\d{1,3})?(?:\s*[^\W\d]{1,6})?[.)]?")
_EDGES = " /.,;:!?()'\"«»“”\u2019¿¡…،؟-*"
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs"})


def normal(text: str) -> str:
    """Words in one spelling: no case, slashes, punctuation at the ends or invisible characters."""
    return _visible(text).strip(_EDGES)


def _visible(text: str) -> str:
    shown = (
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFKC", text)
        if char.isspace() or unicodedata.category(char) not in _INVISIBLE
    )
    return " ".join("".join(shown).casefold().split())


def named(option: Option) -> tuple[str, ...]:
    """The labels that choose an option; who is asked whether to delete says yes with DELETE."""
    erases = ("delete",) if option.does == "erase" else ()
    return tuple(dict.fromkeys((option.ref, *option.means, *erases)))


@dataclass(frozen=True)
class Words:
    """What was heard while a question, or none, was open."""

    heard: Heard
    question: Question | None
    state: State

    @cached_property
    def plain(self) -> str:
        """The text in its normal spelling."""
        return normal(self.heard.text)

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of a message that holds nothing else, in any script's digits or a word."""
        text = _visible(self.heard.text)
        if not _NUMBERS.fullmatch(text):
            told = (label[1:] for label in self.heard.exact if label.startswith("#"))
            return tuple(int(number) for number in told)
        return tuple(int(number) for number in re.findall(r"\d+", text))

    @cached_property
    def figures(self) -> tuple[int, ...]:
        """An amount, or a span of it, with its unit: "34", "26-40", "34 ans"."""
        text = _visible(self.heard.text)
        if not _FIGURES.fullmatch(text):
            return ()
        return tuple(int(number) for number in re.findall(r"\d+", text))

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The options that can be chosen now."""
        if self.question is None:
            return ()
        shown, picked = self.state.shown, self.state.picked
        return tuple(o for o in self.question.options if o.ref in shown or o.code in picked)

    @cached_property
    def scores(self) -> tuple[tuple[str, float], ...]:
        """(code, confidence) of these options, best first."""
        scores = ((option.code, sum(map(self.likely, named(option)))) for option in self.options)
        return tuple(sorted(scores, key=lambda score: -score[1]))

    @cached_property
    def _likelihoods(self) -> dict[str, float]:
        return {**dict(self.heard.ranking), **dict.fromkeys(self.heard.exact, 1.0)}

    def likely(self, label: str) -> float:
        """How likely the label is meant."""
        return self._likelihoods.get(label, 0.0)

    @property
    def open(self) -> bool:
        """Whether any words are an answer."""
        return self.question is not None and self.question.open

    @property
    def best(self) -> float:
        """Confidence of the likeliest option."""
        return self.scores[0][1] if self.scores else 0.0

    @property
    def top(self) -> tuple[str, float]:
        """The likeliest label of all, whether it can be chosen now or not."""
        return self.heard.ranking[0] if self.heard.ranking else ("", 0.0)

    @property
    def rival(self) -> float:
        """The likelihood of the likeliest label that is no option now."""
        own = {label for option in self.options for label in named(option)}
        return max((c for label, c in self.heard.ranking if label not in own), default=0.0)

    def owns(self, ref: str) -> bool:
        """Whether the open question has this option."""
        return any(option.ref == ref for option in self.options)
