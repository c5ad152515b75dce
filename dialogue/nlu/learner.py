"""Learns which label a text means among those that it can mean where it is said.

A log-linear model: each label has a weight for each feature, and the labels that can be meant share
the likelihood with "none of these". It is learnt as it is asked: in the context of one question at
a time, beside the labels that can be said at any time, so that "police" as an answer to one
question does not compete with "police" as an answer to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

EPOCHS = 7
BATCH = 128
RATE = 0.35
SHRINK = 2e-4
"""How much a weight is pulled to nothing at each step."""
SMALL = 0.02
"""A weight below it is left out."""


@dataclass(frozen=True)
class Context:
    """Where something is said: the labels that compete, and examples with those that they mean."""

    labels: Ints
    groups: Sequence[tuple[Ints, int]]
    """Examples (rows), and how many of them are seen in an epoch."""
    meant: csr_matrix
    """How far each example (row) means each of all labels (column)."""


def learn(
    examples: csr_matrix, contexts: Sequence[Context], count: int, seed: int = 20
) -> tuple[Floats, Floats]:
    """The weights (features by labels) and the bias of each label; deterministic."""
    chance = np.random.default_rng(seed)
    weights = np.zeros((examples.shape[1], count), dtype=np.float32)
    bias = np.zeros(count, dtype=np.float32)
    met = np.full(weights.shape, 1e-3, dtype=np.float32)
    met_bias = np.full(count, 1e-1, dtype=np.float32)
    for epoch in range(EPOCHS):
        rate = RATE * (1 - epoch / EPOCHS)
        batches = [(context, rows) for context in contexts for rows in _batches(context, chance)]
        for at in chance.permutation(len(batches)):
            context, rows = batches[at]
            some = examples[rows]
            columns, places = np.unique(some.indices, return_inverse=True)
            small = csr_matrix((some.data, places, some.indptr), (len(rows), len(columns)))
            here = np.ix_(columns, context.labels)
            part = weights[here]
            scores = small @ part + bias[context.labels]
            likely = np.exp(scores - scores.max(axis=1, keepdims=True))
            likely /= likely.sum(axis=1, keepdims=True)
            error = (likely - context.meant[rows][:, context.labels].toarray()) / len(rows)
            slope = np.asarray(small.T @ error, dtype=np.float32) + SHRINK / 10 * part
            met[here] += slope * slope
            weights[here] = part - rate * slope / np.sqrt(met[here])
            slope = error.sum(axis=0)
            met_bias[context.labels] += slope * slope
            bias[context.labels] -= rate * slope / np.sqrt(met_bias[context.labels]) * 0.3
    weights[np.abs(weights) < SMALL] = 0
    return weights, bias


def _batches(context: Context, chance: np.random.Generator) -> list[Ints]:
    seen = [chance.permutation(rows)[:count] for rows, count in context.groups]
    rows = chance.permutation(np.concatenate(seen))
    return [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
