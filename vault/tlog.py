"""The Merkle tree of RFC 6962 as pure functions: growing, proving, verifying.

Leaves are numbered from 1 in storage (`sequence`) and from 0 in proofs, as in the RFC. Entry `p`
stores the hash of the largest perfect subtree that ends with it (of size `p & -p`), so that a log
that is only ever added to holds its whole tree, and an append or a proof reads O(log² n) rows.
Proofs verify against a root; whether the root is to be trusted is the checkpoint's question.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TreeHead:
    """The size of a log and its root hash; whoever keeps one can tell a rewritten log."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """All that growing a tree needs: its size, and its perfect subtrees from left to right."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def grow(self, leaf: bytes) -> "Frontier":
        """The frontier with one more leaf (given as its hash)."""
        peaks, node, carry = list(self.peaks), leaf, self.size
        while carry & 1:
            node, carry = node_hash(peaks.pop(), node), carry >> 1
        return Frontier(size=self.size + 1, peaks=(*peaks, node))

    @property
    def node(self) -> bytes:
        """The largest perfect subtree that ends with the last leaf."""
        return self.peaks[-1]

    @property
    def head(self) -> TreeHead:
        """The tree's size and root."""
        return TreeHead(size=self.size, root=fold(self.peaks))


def fold(subtrees: Sequence[bytes]) -> bytes:
    """The hash over perfect subtrees of falling size, from left to right."""
    return reduce(lambda right, left: node_hash(left, right), subtrees[::-1]) if subtrees else EMPTY


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    return reduce(Frontier.grow, leaves, Frontier()).head.root


def peaks_of(start: int, end: int) -> list[int]:
    """The entries whose nodes, from left to right, cover leaves `start + 1` to `end`.

    `start` is 0 or where a subtree that reaches beyond `end` begins; so a subtree's hash is
    `fold` over the nodes of `peaks_of(start, end - 1)` and the leaf hash of entry `end`.
    """
    found = []
    while end > start:
        found.append(end)
        end -= end & -end
    return found[::-1]


Span = tuple[int, int]
"""The leaves from the first number (from 0) up to and without the second: one subtree."""


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The subtrees whose hashes prove that leaf `index` (from 0) is in a tree, nearest first."""
    spans, start, end = list[Span](), 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        inside, outside = (start, middle), (middle, end)
        if index >= middle:
            inside, outside = outside, inside
        spans.append(outside)
        start, end = inside
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The subtrees whose hashes prove that a tree of `new` leaves begins with one of `old`."""
    if old in (0, new):
        return []
    spans, start, end, whole = list[Span](), 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start, whole = middle, False
    return ([] if whole else [(start, end)]) + spans[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> bool:
    """Whether the proof shows this leaf hash at `index` (from 0) below the expected root."""
    if not 0 <= index < size:
        return False
    spans = inclusion_spans(index, size)
    if len(spans) != len(proof):
        return False
    node = leaf
    for (start, _), sibling in zip(spans, proof, strict=True):
        node = node_hash(node, sibling) if start > index else node_hash(sibling, node)
    return node == expected


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the older tree is the beginning of the newer one."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and old_root == (new_root if old else EMPTY)
    spans = consistency_spans(old, new)
    if len(spans) != len(proof):
        return False
    parts = dict(zip(spans, proof, strict=True))
    if old & (old - 1) == 0:
        parts[0, old] = old_root  # a perfect subtree of the newer tree, so the proof leaves it out
    return _assemble(parts, 0, old) == old_root and _assemble(parts, 0, new) == new_root


def _assemble(parts: dict[Span, bytes], start: int, end: int) -> bytes:
    """A subtree's hash from the parts of a consistency proof."""
    if (start, end) in parts:
        return parts[start, end]
    middle = start + _split(end - start)
    return node_hash(_assemble(parts, start, middle), _assemble(parts, middle, end))


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
