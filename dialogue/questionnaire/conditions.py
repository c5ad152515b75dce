"""Conditions of the questionnaire: small values that hold or do not hold for given answers.

Invariant: an unasked question fulfils nothing, so only `Not` holds for it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Protocol

Codes = Callable[[str], tuple[str, ...]]
"""The codes answered to a question, by its id; none if it was not asked."""


class Condition(Protocol):
    """Anything that holds or does not hold."""

    def holds(self, codes: Codes) -> bool:
        """Whether the answers fulfil it."""

    def leaves(self) -> Iterator["Is | Only"]:
        """The tests of single questions in it."""


@dataclass(frozen=True, slots=True)
class Is:
    """A question was answered with at least one of the options."""

    question: str
    options: frozenset[str]

    def holds(self, codes: Codes) -> bool:
        """Whether one of the options was given."""
        return not self.options.isdisjoint(codes(self.question))

    def leaves(self) -> Iterator["Is | Only"]:
        """Itself."""
        yield self


@dataclass(frozen=True, slots=True)
class Only:
    """A question was answered, and with nothing else than the options."""

    question: str
    options: frozenset[str]

    def holds(self, codes: Codes) -> bool:
        """Whether all that was given is among the options."""
        given = codes(self.question)
        return bool(given) and self.options.issuperset(given)

    def leaves(self) -> Iterator["Is | Only"]:
        """Itself."""
        yield self


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts it always does."""

    parts: tuple[Condition, ...] = ()

    def holds(self, codes: Codes) -> bool:
        """Whether every part holds."""
        return all(part.holds(codes) for part in self.parts)

    def leaves(self) -> Iterator[Is | Only]:
        """The tests of all parts."""
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True, slots=True)
class Any(All):
    """At least one part holds."""

    def holds(self, codes: Codes) -> bool:
        """Whether one part holds."""
        return any(part.holds(codes) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def holds(self, codes: Codes) -> bool:
        """Whether the part fails."""
        return not self.part.holds(codes)

    def leaves(self) -> Iterator[Is | Only]:
        """The tests of the part."""
        yield from self.part.leaves()


ALWAYS = All()


def questions_of(condition: Condition) -> frozenset[str]:
    """Ids of the questions that a condition asks about."""
    return frozenset(leaf.question for leaf in condition.leaves())


@dataclass(slots=True)
class _Mentions:
    """Which options of a question a condition tells apart."""

    sets: set[frozenset[str]] = field(default_factory=set)

    def samples(self) -> tuple[tuple[str, ...], ...]:
        """One answer of each kind that the condition can tell apart, and no answer."""
        kinds: dict[tuple[bool, ...], str] = {}
        order = sorted(self.sets, key=sorted)
        for option in sorted(frozenset().union(*self.sets)):
            kinds.setdefault(tuple(option in one for one in order), option)
        return (*((option,) for option in kinds.values()), (), ("something else",))


def satisfiable(condition: Condition) -> bool:
    """Whether any answers at all fulfil a condition, by trying one of each kind."""
    mentions: dict[str, _Mentions] = {}
    for leaf in condition.leaves():
        mentions.setdefault(leaf.question, _Mentions()).sets.add(leaf.options)
    choices = (seen.samples() for seen in mentions.values())
    tries = (dict(zip(mentions, chosen, strict=True)) for chosen in product(*choices))
    return any(condition.holds(_reader(answers)) for answers in tries)


def _reader(answers: Mapping[str, tuple[str, ...]]) -> Codes:
    return lambda question: answers.get(question, ())
