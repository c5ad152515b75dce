"""Words that mean a number, a span of time, or "not", of all languages together.

People mix languages, so nothing asks in which one a word was meant. The lists stand under `words`
in `locales/<language>/understanding.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dialogue.nlu.normalise import normalise

UNITS: Mapping[str, float] = {
    "hours": 1.0,
    "days": 24.0,
    "weeks": 24.0 * 7,
    "months": 24.0 * 30.5,
    "years": 24.0 * 366,
}
"""Hours of each unit of time."""
_LISTS = ("and", "few", "ago", "over", "under", "not")
SECTIONS = ("numbers", "moments", "frames", *UNITS, *_LISTS)
"""What may stand under `words`."""


_NUMBER = re.compile(r"\d+(\.\d+)?")


class LexiconError(Exception):
    """A list of words is not as it should be."""


@dataclass(frozen=True)
class Lexicon:
    """Normalised words; a phrase of several words is a key with spaces."""

    numbers: dict[str, int] = field(default_factory=dict)
    moments: dict[str, float] = field(default_factory=dict)
    """Hours that have passed since "yesterday", "last week", …"""
    units: dict[str, float] = field(default_factory=dict)
    """Hours of one."""
    marks: dict[str, list[str]] = field(default_factory=dict)
    """`and`, `few`, `ago`, `over`, `under`, `not`: their words."""

    @classmethod
    def read(cls, languages: Mapping[str, Any]) -> Lexicon:
        """Read the `words` of each language; a mistake in one raises `LexiconError`."""
        numbers: dict[str, int] = {}
        moments: dict[str, float] = {}
        units: dict[str, float] = {}
        marks: dict[str, set[str]] = {name: set() for name in _LISTS}
        for language, words in languages.items():
            _check(language, words)
            numbers |= {normalise(word): int(n) for word, n in words["numbers"].items()}
            moments |= {normalise(word): 24 * float(d) for word, d in words["moments"].items()}
            for unit, hours in UNITS.items():
                units |= dict.fromkeys(map(normalise, words[unit]), hours)
            for name in _LISTS:
                marks[name].update(map(normalise, words[name]))
        return cls(numbers, moments, units, {name: sorted(found) for name, found in marks.items()})

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def _check(language: str, words: Any) -> None:
    if not isinstance(words, dict) or set(words) != set(SECTIONS):
        wrong = set(words) ^ set(SECTIONS) if isinstance(words, dict) else set(SECTIONS)
        raise LexiconError(f"{language}: `words` needs exactly its sections: {sorted(wrong)}")
    for name in ("numbers", "moments"):
        for word, value in words[name].items():
            if not _NUMBER.fullmatch(value):
                raise LexiconError(f"{language}: {name}: {word} needs a number")
    for frame in words["frames"]:
        if frame.count("{}") != 1:
            raise LexiconError(f"{language}: frames: {frame!r} needs one {{}}")
