"""Numbers and spans of time in words: "twenty-two", "il y a deux jours", "позавчора"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from dialogue.nlu.lexicon import Lexicon

_LONGEST = 4
"""Words of the longest entry."""
_FEW = 3
_A_DAY = 36.0
"""Hours that have passed since "a day ago", at a guess."""
_DAY = 24.0
_TEN = 10
_TENS = range(10, 100, 10)
_SCORES = (60, 80)
"""To which more than nine is added: "soixante-dix", "quatre-vingt-onze"."""
_LARGEST = 130
"""No figure that is asked for is larger; longer runs of digits are phone numbers and years."""


class Quantities:
    """Reads the quantities of normalised texts."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._marks = {name: frozenset(words) for name, words in lexicon.marks.items()}

    @cached_property
    def _glued(self) -> tuple[str, ...]:
        """Words for "and" that are written before the next word, as in Arabic."""
        return tuple(word for word in self._marks.get("and", ()) if len(word) == 1)

    def digits(self, text: str) -> str:
        """The text with its number words as digits, "five and twenty" as one."""
        words: list[str] = []
        for word, number in self._tokens(text.split()):
            words.append(word if number is None else str(number))
        return " ".join(words)

    def number(self, text: str) -> int | None:
        """The number that the whole text is."""
        tokens = list(self._tokens(text.split()))
        return tokens[0][1] if len(tokens) == 1 else None

    def figures(self, text: str) -> tuple[int, ...]:
        """The figures that the text has; "over 60" is 61, "under 12" is 11."""
        found = []
        before = ""
        for word, number in self._tokens(text.split()):
            if number is None:
                before = f"{before} {word}"
            elif number <= _LARGEST:
                found.append(number + self._beyond(before))
                before = ""
        return tuple(found)

    def _beyond(self, before: str) -> int:
        padded = f"{before} "
        if any(f" {mark} " in padded for mark in self._marks.get("over", ())):
            return 1
        return -any(f" {mark} " in padded for mark in self._marks.get("under", ()))

    def hours(self, text: str) -> float | None:
        """How long ago the text says it was; None if it doesn't, or says two things."""
        found = set(self._moments(text.split()))
        rest = self._without_moments(text.split())
        tokens = list(self._tokens(rest))
        ago = any(word in self._marks.get("ago", ()) for word, _ in tokens)
        for place, (word, number) in enumerate(tokens):
            unit = self._lexicon.units.get(word)
            if unit is None or number is not None:
                continue
            amount = self._amount([*tokens[max(0, place - 2) : place], *tokens[place + 1 :][:1]])
            if amount is None and ago:
                amount = 1
            if amount is not None:
                found.add(_A_DAY if unit * amount == _DAY == unit else unit * amount)
        return found.pop() if len(found) == 1 else None

    def _amount(self, around: list[tuple[str, int | None]]) -> int | None:
        for word, number in reversed(around):
            if number is not None:
                return number
            if word in self._marks.get("few", ()):
                return _FEW
        return None

    def _moments(self, words: list[str]) -> Iterator[float]:
        at = 0
        while at < len(words):
            size, hours = _longest(self._lexicon.moments, words, at)
            if hours is not None:
                yield hours
            at += size

    def _without_moments(self, words: list[str]) -> list[str]:
        left, at = [], 0
        while at < len(words):
            size, hours = _longest(self._lexicon.moments, words, at)
            if hours is None:
                left.append(words[at])
            at += size
        return left

    # -- numbers

    def _tokens(self, words: list[str]) -> Iterator[tuple[str, int | None]]:
        """The words, with runs of number words as one token each."""
        at = 0
        while at < len(words):
            size, number = self._one(words, at)
            if number is None:
                yield words[at], None
                at += 1
                continue
            end, total = self._sum(words, at + size, number)
            yield " ".join(words[at:end]), total
            at = end

    def _sum(self, words: list[str], at: int, total: int) -> tuple[int, int]:
        """Take what is added to a round number: tens, then ones, or the other way round."""
        joined = at < len(words) and words[at] in self._marks.get("and", ())
        start = at + joined
        size, more = self._one(words, start) if start < len(words) else (1, None)
        if more is None and not joined and start < len(words):
            size, more = self._glued_one(words[start])
        ones, tens = sorted((total, more or 0))
        round_one = tens in _TENS and 0 < ones < (_TEN * 2 if tens in _SCORES else _TEN)
        if more is None or not round_one:
            return at, total
        return start + size, total + more

    def _glued_one(self, word: str) -> tuple[int, int | None]:
        for mark in self._glued:
            if word.startswith(mark):
                return 1, self._lexicon.numbers.get(word[len(mark) :])
        return 1, None

    def _one(self, words: list[str], at: int) -> tuple[int, int | None]:
        if words[at].isdigit():
            return 1, int(words[at])
        return _longest(self._lexicon.numbers, words, at)


def _longest(entries: dict[str, int] | dict[str, float], words: list[str], at: int) -> tuple:  # type: ignore[type-arg]
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        found = entries.get(" ".join(words[at : at + size]))
        if found is not None:
            return size, found
    return 1, None
