"""Which language some words seem to be in: a suggestion, from two words on, never a decision.

Learned from the catalogs and the phrases beside them, by letter groups within words (naive Bayes).
Words of a language that is not there, or of none at all, give no suggestion.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from babel.messages.pofile import read_po

from dialogue.nlu.normalise import normalise

LONGEST_GROUP = 4
FEWEST_WORDS = 2
FAMILIAR = 0.6
"""The part of a message's longest letter groups that the language must know: words of an unknown
language share few of them."""
CLEAR = 3.0
"""How much likelier than the next language it must be, as a natural logarithm."""
_NAMES = "option.language."
"""Names of languages stand in every catalog in their own language."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Letter groups of each language, with how often each occurs there."""

    groups: Mapping[str, Counter[str]]

    @classmethod
    def read(cls, locales: Path) -> "Detector":
        """Learn every language that has words below a folder."""
        found = {
            *(path.parent.parent for path in locales.glob("*/LC_MESSAGES/chat.po")),
            *(path.parent for path in locales.glob("*/understanding.yml")),
        }
        return cls(
            {
                folder.name: Counter(
                    group for words in _texts(folder) for group in _groups(normalise(words))
                )
                for folder in sorted(found)
            }
        )

    def __call__(self, text: str) -> str:
        """The language of a message; "" if it cannot be told."""
        words = normalise(text)
        if len(words.split()) < FEWEST_WORDS or not self.groups:
            return ""
        found = list(_groups(words))
        ranked = sorted(
            ((self._likeness(language, found), language) for language in self.groups), reverse=True
        )
        best, language = ranked[0]
        long = [group for group in found if len(group) == LONGEST_GROUP]
        familiar = sum(group in self.groups[language] for group in long) / max(1, len(long))
        clear = len(ranked) == 1 or best - ranked[1][0] >= CLEAR
        return language if clear and familiar >= FAMILIAR else ""

    def _likeness(self, language: str, found: list[str]) -> float:
        known = self.groups[language]
        total = known.total() + len(known)
        return sum(math.log((known[group] + 0.5) / total) for group in found)


def _texts(folder: Path) -> Iterator[str]:
    catalog, listed = folder / "LC_MESSAGES" / "chat.po", folder / "understanding.yml"
    if catalog.exists():
        for message in read_po(catalog.read_text("utf-8").splitlines(keepends=True)):
            if message.id and not message.fuzzy and not str(message.id).startswith(_NAMES):
                yield str(message.string)
    if listed.exists():
        yield from _phrases(yaml.load(listed.read_text("utf-8"), Loader=yaml.BaseLoader))  # noqa: S506


def _phrases(content: Any) -> Iterator[str]:
    """All phrases of a file, however deep its lists lie."""
    if isinstance(content, str):
        yield content
    else:
        for part in content.values() if isinstance(content, dict) else content:
            yield from _phrases(part)


def _groups(words: str) -> Iterator[str]:
    """Groups of letters, with a blank where a word begins or ends."""
    for word in words.split():
        padded = f" {word} "
        for size in range(2, LONGEST_GROUP + 1):
            yield from (padded[i : i + size] for i in range(len(padded) - size + 1))
