"""From phrases to what is learnt: their variants, features and contexts."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from dialogue.nlu.features import features, scaled
from dialogue.nlu.learner import Context, learn
from dialogue.nlu.lexicon import Lexicon
from dialogue.nlu.phrases import NOTHING, Phrases
from dialogue.nlu.quantities import Quantities
from dialogue.nlu.reader import NONE, Setting
from dialogue.nlu.vary import variants

Vocabulary = dict[str, tuple[int, float]]
"""The place of each known feature, and how telling it is."""

SEED = 7
RARE = 3
"""A feature that fewer examples have is not learnt."""
SHARES = {"own": 1.0, "anytime": 1.0, "other": 0.2, "nothing": 0.25, "begun": 0.25}
"""How many examples are seen in a context for each of a question's own: its options; what is said
at any time; what means something elsewhere; what means nothing; what only begins with yes or no."""
LEAST = 120
BEGINS = {"+yes": "yes", "+no": "no"}
"""Labels of what begins with yes or no, where those are options."""
PARTICLES, COMPOUNDS = 5, 150


@dataclass(frozen=True)
class Taught:
    """What was learnt: `known` goes into a `Reader` together with the weights."""

    known: dict[str, Any]
    weights: csr_matrix


def teach(
    phrases: Phrases, setting: Setting, lexicon: Lexicon, frames: Mapping[str, Sequence[str]]
) -> Taught:
    """Learn phrases by label; `frames` by language says what can stand around them.

    A label may also be `question.yes`: a phrase that means yes to one question only.
    """
    chance = random.Random(SEED)  # noqa: S311
    own = [label for label in phrases if label != NOTHING and not _scoped(label, setting)]
    # What competes stands together: that is quicker to learn.
    labels = [NONE, *sorted(own, key=lambda label: ("." in label, label))]
    meaning: dict[str, list[str]] = defaultdict(list)
    texts: list[tuple[str, str]] = []
    for label, language, phrase in (*_listed(phrases), *_begun(phrases, chance)):
        if phrase not in meaning:
            ways = variants(phrase, frames.get(language, ()), chance)
            texts += [(text, phrase) for text in (phrase, *(() if label in BEGINS else ways))]
        meaning[phrase].append(label)
    vocabulary, examples = _matrix([text for text, _ in texts], lexicon)
    contexts = _contexts([meaning[phrase] for _, phrase in texts], labels, setting)
    weights, bias = learn(examples, contexts, len(labels))
    certain = {phrase: sorted(set(own).intersection(meant)) for phrase, meant in meaning.items()}
    return Taught(
        known={
            "labels": labels,
            "vocabulary": vocabulary,
            "phrases": {phrase: meant for phrase, meant in certain.items() if meant},
        },
        weights=csr_matrix(vstack([csr_matrix(weights), csr_matrix(bias)])),
    )


def _scoped(label: str, setting: Setting) -> bool:
    question, _, shared = label.partition(".")
    return shared in setting.questions.get(question, ())


def _listed(phrases: Phrases) -> Iterator[tuple[str, str, str]]:
    for label in sorted(phrases):
        yield from ((label, language, phrase) for phrase, language in phrases[label].items())


def _begun(phrases: Phrases, chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Answers of more words after "yes" or "no", in each language."""
    ordinary: dict[str, list[str]] = defaultdict(list)
    for label, language, phrase in _listed(phrases):
        if "." in label or label == NOTHING:
            ordinary[language].append(phrase)
    for label, meant in BEGINS.items():
        words: dict[str, list[str]] = defaultdict(list)
        for phrase, language in phrases.get(meant, {}).items():
            if " " not in phrase and len(words[language]) < PARTICLES:
                words[language].append(phrase)
        for language in sorted(words):
            for _ in range(COMPOUNDS if ordinary[language] else 0):
                rest = chance.choice(ordinary[language])
                yield label, language, f"{chance.choice(words[language])} {rest}"


def _matrix(texts: Sequence[str], lexicon: Lexicon) -> tuple[Vocabulary, csr_matrix]:
    quantities = Quantities(lexicon)
    denials = frozenset(lexicon.marks.get("not", ()))
    found = [features(quantities.digits(text), denials) for text in texts]
    often = Counter(name for one in found for name in one)
    known = (name for name, count in often.items() if count >= RARE)
    vocabulary = {
        name: (at, round(math.log(len(texts) / often[name]), 2)) for at, name in enumerate(known)
    }
    rows = [scaled(one, vocabulary) for one in found]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.array([place for row in rows for place in row])
    data = np.array([size for row in rows for size in row.values()], dtype=np.float32)
    return vocabulary, csr_matrix((data, columns, starts), (len(texts), len(vocabulary)))


def _contexts(meant: Sequence[Sequence[str]], labels: list[str], setting: Setting) -> list[Context]:
    places = {label: at for at, label in enumerate(labels)}
    alike: dict[tuple[str, ...], list[str]] = {(): []}
    for question, refs in sorted(setting.questions.items()):
        alike.setdefault(tuple(refs), []).append(question)
    return [
        _context(meant, places, [ref for ref in refs if ref in places], questions)
        for refs, questions in sorted(alike.items())
    ]


def _context(
    meant: Sequence[Sequence[str]], places: dict[str, int], own: list[str], questions: list[str]
) -> Context:
    options = {label for label in own if "." in label}
    anytime = {label for label in places if "." not in label and label != NONE}
    here_only = {f"{question}.{ref}": ref for question in questions for ref in own}
    begins = {label: ref for label, ref in BEGINS.items() if ref in own or not own}
    groups: dict[str, list[int]] = {name: [] for name in SHARES}
    cells: list[tuple[int, int, float]] = []
    for row, labels in enumerate(meant):
        for group, found in (
            (
                "own",
                options.intersection(labels) | {here_only[x] for x in labels if x in here_only},
            ),
            ("anytime", anytime.intersection(labels)),
            ("begun", {begins[label] for label in labels if label in begins}),
            ("nothing", {NONE} if NOTHING in labels else set()),
            ("other", {NONE} if not BEGINS.keys() & set(labels) else set()),
        ):
            if found:
                groups[group].append(row)
                cells += [(row, places[label], 1 / len(found)) for label in sorted(found)]
                break
    wanted = max(LEAST, len(groups["own"]))
    rows, columns, data = zip(*cells, strict=True)
    return Context(
        labels=np.array(sorted(places[label] for label in options | anytime | {NONE})),
        groups=[
            (np.array(groups[name], dtype=np.int64), int(share * wanted))
            for name, share in SHARES.items()
        ],
        meant=csr_matrix((data, (rows, columns)), (len(meant), len(places)), dtype=np.float32),
    )
