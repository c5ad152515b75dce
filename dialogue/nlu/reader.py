"""Reads a normalised text: how likely each label is meant, and which ones certainly are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from dialogue.nlu.features import features, scaled
from dialogue.nlu.lexicon import Lexicon
from dialogue.nlu.quantities import Quantities
from dialogue.questionnaire.messages import SAFETY

NONE = "-"
"""The label of what means none of those that can be meant."""
LONG, WINDOW, STEP = 10, 8, 4
"""Words of each piece of a text of more words, in which words of danger are looked for."""
SURE = 0.8
"""How likely an option must be to outdo a time or a figure that the text has."""
LOUD = 0.95
"""How likely a word of danger must be in a piece of a text to count for the whole."""


@dataclass(frozen=True)
class Setting:
    """What the questionnaire tells of its options."""

    questions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The labels of each question's options."""
    least: Mapping[str, int] = field(default_factory=dict)
    """The lowest figure that an option stands for."""
    hours: Mapping[str, int] = field(default_factory=dict)
    """The hours that have passed at the least, of options that stand for a time."""


@dataclass(frozen=True)
class Read:
    """What came out."""

    ranking: tuple[tuple[str, float], ...]
    exact: tuple[str, ...]
    """Labels that are certain; `#2` for the bare number 2 in words."""


@dataclass(frozen=True)
class Reader:
    """What was learnt, at work."""

    setting: Setting
    lexicon: Lexicon
    weights: csr_matrix
    """Features by labels; the last row is the bias."""
    labels: list[str]
    vocabulary: Mapping[str, tuple[int, float]]
    phrases: Mapping[str, list[str]]

    @cached_property
    def _quantities(self) -> Quantities:
        return Quantities(self.lexicon)

    @cached_property
    def _denials(self) -> frozenset[str]:
        return frozenset(self.lexicon.marks.get("not", ()))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {label: at for at, label in enumerate(self.labels)}

    @cached_property
    def _anytime(self) -> list[int]:
        return [at for at, label in enumerate(self.labels) if "." not in label]

    def read(self, text: str, choices: tuple[str, ...] | None) -> Read:
        """Read a text to which these labels are choices; None if that is not known."""
        choices = tuple(self.labels) if choices is None else choices
        meant = self._meant(choices)
        likely = dict(self._likely(self._scores(self._quantities.digits(text)), meant))
        words = text.split()
        for at in range(0, len(words) - WINDOW + STEP, STEP) if len(words) > LONG else ():
            piece = self._scores(" ".join(words[at : at + WINDOW]))
            for label, confidence in self._likely(piece, meant):
                if label in SAFETY and confidence >= LOUD:
                    likely[label] = max(likely[label], confidence)
        likely.pop(NONE, None)
        ranking = sorted(likely.items(), key=lambda one: -one[1])
        exact = self._exact(text, choices, ranking[0])
        return Read(tuple((name, round(c, 4)) for name, c in ranking), tuple(sorted(exact)))

    def _meant(self, choices: tuple[str, ...]) -> list[int]:
        places = (self._places.get(label) for label in choices)
        return list(dict.fromkeys([*(at for at in places if at is not None), *self._anytime]))

    def _scores(self, text: str) -> NDArray[np.float32]:
        found = scaled(features(text, self._denials), self.vocabulary)
        scores = np.zeros(len(self.labels), dtype=np.float32)
        start, columns, data = self.weights.indptr, self.weights.indices, self.weights.data
        for row, size in (*found.items(), (len(self.vocabulary), 1.0)):
            part = slice(start[row], start[row + 1])
            scores[columns[part]] += size * data[part]
        return scores

    def _likely(self, scores: NDArray[np.float32], meant: list[int]) -> list[tuple[str, float]]:
        here = np.exp(scores[meant] - scores[meant].max())
        here /= here.sum()
        return [(self.labels[at], float(c)) for at, c in zip(meant, here, strict=True)]

    # -- what is certain

    def _exact(self, text: str, choices: tuple[str, ...], best: tuple[str, float]) -> set[str]:
        found = {
            label for label in self.phrases.get(text, ()) if "." not in label or label in choices
        }
        if not found.intersection(choices):
            told = self._figured(text, choices) or self._timed(text, choices)
            # "It goes on until today" has a time in it, and tells another.
            if best[1] < SURE or best[0] not in choices:
                found |= told
        number = self._quantities.number(text)
        if number is not None and not found:
            found.add(f"#{number}")
        return found

    def _figured(self, text: str, choices: tuple[str, ...]) -> set[str]:
        """The one option into which all figures of the text fall."""
        spans = sorted((self.setting.least[c], c) for c in choices if c in self.setting.least)
        if not spans or self._quantities.number(text) in range(1, len(choices) + 1):
            return set()
        met = {
            option
            for figure in self._quantities.figures(text)
            for _, option in [span for span in spans if span[0] <= figure][-1:]
        }
        return met if len(met) == 1 else set()

    def _timed(self, text: str, choices: tuple[str, ...]) -> set[str]:
        """The option for the time that has passed."""
        spans = [(self.setting.hours[c], c) for c in choices if c in self.setting.hours]
        hours = self._quantities.hours(text) if spans else None
        if hours is None:
            return set()
        least = max(span[0] for span in spans if span[0] < hours or span[0] == 0)
        return {next(c for span, c in spans if span == least)}
