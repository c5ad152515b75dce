"""A walk along the custody log: each entry against its hash, its place, its signer and the tree.

It trusts the stored nodes, so that one bad entry accuses no other; whether the root that comes out
is the right one is for earlier tree heads to say.
"""

import hashlib
from dataclasses import dataclass, field

from vault.entries import Row, entry_text
from vault.errors import SealError
from vault.findings import Finding, Problem
from vault.signers import Signers
from vault.tlog import TreeHead, fold, peaks_of


@dataclass(slots=True, kw_only=True)
class Memory:
    """Tree heads of one origin that are still to be compared, and up to where they agreed."""

    heads: list[TreeHead]
    agreed: int = 0
    forked: bool = False

    def due(self, size: int) -> bool:
        """Whether a head is to be compared now."""
        return bool(self.heads) and self.heads[0].size <= size

    def compare(self, size: int, root: bytes | None) -> Finding | None:
        """Compare with heads of this very size; after one that differs, others tell no more."""
        while self.due(size):
            head = self.heads.pop(0)
            if self.forked or root is None or head.size != size:
                continue
            if head.root != root:
                self.forked = True
                return Finding(problem=Problem.FORKED, first=self.agreed + 1, last=size)
            self.agreed = size
        return None


@dataclass(slots=True, kw_only=True)
class Walk:
    """All that is known of the entries up to here."""

    memories: list[Memory]
    signers: Signers
    size: int = 0
    time: int = -(2**63)
    nodes: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _next: int = 0
    """The size at which the next head is to be compared."""

    def __post_init__(self) -> None:
        self._next = self._due()

    def take(self, row: Row) -> None:
        """Check the next entry."""
        number = row[0]
        if number > self.size + 1:
            self._find(Problem.MISSING, self.size + 1, number - 1)
            self.nodes = {n: self.nodes[n] for n in peaks_of(0, number - 1) if n in self.nodes}
        if number <= self.size or not _unchanged(row):
            self._find(Problem.CHANGED, number, number)
        else:
            self._judge(row)
        if number > self.size:
            self._grow(number, row[11], row[12])
            if number >= self._next:
                self._agree()

    def _judge(self, row: Row) -> None:
        """What an entry says, once it is clear that it says what was written."""
        if row[1] < self.time:
            self._find(Problem.BACKDATED, row[0], row[0])
        else:
            self.time = row[1]
        if not self.signers.accept(row):
            self._find(Problem.UNSIGNED, row[0], row[0])

    def _grow(self, number: int, leaf: bytes, node: bytes) -> None:
        self.size = number
        if number & 1:
            below = []
        else:
            pop = self.nodes.pop
            start = number - (number & -number)
            below = [pop(n, None) for n in peaks_of(start, number - 1)]
        known = [one for one in below if one is not None]
        if len(known) == len(below) and fold([*known, leaf]) != node:
            self._find(Problem.REWRITTEN, number - (number & -number) + 1, number)
        self.nodes[number] = node

    def _agree(self) -> None:
        for memory in self.memories:
            if memory.due(self.size) and (found := memory.compare(self.size, self._root())):
                self.findings.append(found)
        self._next = self._due()

    def _due(self) -> int:
        return min(
            (memory.heads[0].size for memory in self.memories if memory.heads), default=2**63
        )

    def _root(self) -> bytes | None:
        """The root, unless rows that hold it are missing."""
        nodes = [self.nodes.get(number) for number in peaks_of(0, self.size)]
        known = [node for node in nodes if node is not None]
        return fold(known) if len(known) == len(nodes) else None

    def _find(self, problem: Problem, first: int, last: int) -> None:
        self.findings.append(Finding(problem=problem, first=first, last=last))

    def end(self) -> TreeHead:
        """Conclude: what a head knows beyond the end has been cut off."""
        self._agree()
        known = [memory.heads[-1].size for memory in self.memories if memory.heads]
        if known:
            self._find(Problem.MISSING, self.size + 1, max(known))
        return TreeHead(size=self.size, root=self._root() or b"")


def _unchanged(row: Row) -> bool:
    try:
        text = entry_text(row[:10])
    except SealError:  # it says what no entry can say
        return False
    return hashlib.sha256(b"\x00" + row[10] + text).digest() == row[11]
