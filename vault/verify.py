"""Checking the custody log: every entry against its hash, the tree, and earlier tree heads.

Each finding says what is wrong and where, as exactly as the rows that are left allow. What this
can't see: a log rewritten as a whole before any checkpoint of it left the server; and whether
what an entry says is true.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from vault import ledger
from vault.checkpoint import read
from vault.entries import Entry
from vault.errors import TamperedError
from vault.note import Verifier
from vault.tlog import TreeHead, fold, peaks_of


class Problem(StrEnum):
    """What can be wrong, and where."""

    CHANGED = "custody entry {}: it does not say what was written"
    REWRITTEN = "custody entries {}: at least one was replaced together with its hashes"
    MISSING = "custody entries {}: missing"
    FORKED = "custody entries {}: not those that were signed for; the log was rewritten"
    FORGED = "checkpoint of {} entries: not signed by this log's key, or of another size"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem with the entries, or the checkpoint, from `first` to `last`."""

    problem: Problem
    first: int
    last: int

    def __str__(self) -> str:
        numbers = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return self.problem.format(numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What a check found; `head` is the tree's own, as its rows have it."""

    head: TreeHead
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


async def verify_log(
    session: AsyncSession, verifier: Verifier, notes: Iterable[str] = ()
) -> LogReport:
    """Check the log against itself, every checkpoint in the database, and `notes`.

    These are checkpoints that were kept elsewhere; they alone reveal a database that was put back
    to an earlier state together with its checkpoints, or a log begun anew by the server itself.

    Raises:
        TamperedError: when one of `notes` is no checkpoint of this log.
    """
    kept, heads, forged = [read(note, verifier) for note in notes], list[TreeHead](), []
    for size, note in await ledger.checkpoints(session):
        try:
            head = read(note, verifier)
        except TamperedError:
            head = None
        if head is None or head.size != size:
            forged.append(Finding(problem=Problem.FORGED, first=size, last=size))
        else:
            heads.append(head)
    report = await check_log(session, heads, kept)
    return replace(report, findings=(*forged, *report.findings))


async def require_intact(session: AsyncSession) -> TreeHead:
    """The start-up self-check.

    Raises:
        TamperedError: naming the first entries that do not fit.
    """
    report = await check_log(session)
    for finding in report.findings:
        raise TamperedError(str(finding))
    return report.head


async def check_log(session: AsyncSession, *heads: Iterable[TreeHead]) -> LogReport:
    """Read the whole log once, in constant memory, and compare it with earlier heads of it.

    Heads of one origin are given together: only those say up to where the log is the same.
    """
    return await check_entries(ledger.entries(session), *heads)


async def check_entries(entries: AsyncIterator[Entry], *heads: Iterable[TreeHead]) -> LogReport:
    """The same for entries from anywhere, in order of their sequence."""
    check = _Check(witnesses=[_Witness(heads=sorted(group)) for group in heads])
    async for entry in entries:
        check.take(entry)
    return check.report()


@dataclass(slots=True, kw_only=True)
class _Witness:
    """Heads of one origin that are still to be compared, and up to where they agreed."""

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
class _Check:
    """A walk along the log. It trusts the stored nodes, so that one bad entry accuses no other."""

    witnesses: list[_Witness]
    size: int = 0
    nodes: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        """Check the next entry."""
        number = entry.sequence
        if number > self.size + 1:
            self._find(Problem.MISSING, self.size + 1, number - 1)
            self.nodes = {n: self.nodes[n] for n in peaks_of(0, number - 1) if n in self.nodes}
        if number <= self.size or not entry.unchanged:
            self._find(Problem.CHANGED, number, number)
        if number > self.size:
            self._grow(number, entry)
            self._agree()

    def _grow(self, number: int, entry: Entry) -> None:
        start = number - (number & -number)
        below = [self.nodes.pop(n, None) for n in peaks_of(start, number - 1)]
        known = [node for node in below if node is not None]
        if len(known) == len(below) and fold([*known, entry.leaf]) != entry.node:
            self._find(Problem.REWRITTEN, start + 1, number)
        self.nodes[number] = entry.node
        self.size = number

    def _agree(self) -> None:
        for witness in self.witnesses:
            if witness.due(self.size) and (f := witness.compare(self.size, self._root())):
                self.findings.append(f)

    def _root(self) -> bytes | None:
        """The root, unless rows that hold it are missing."""
        nodes = [self.nodes.get(number) for number in peaks_of(0, self.size)]
        known = [node for node in nodes if node is not None]
        return fold(known) if len(known) == len(nodes) else None

    def _find(self, problem: Problem, first: int, last: int) -> None:
        self.findings.append(Finding(problem=problem, first=first, last=last))

    def report(self) -> LogReport:
        """Conclude: what a head knows beyond the end has been cut off."""
        self._agree()
        known = [witness.heads[-1].size for witness in self.witnesses if witness.heads]
        if known:
            self._find(Problem.MISSING, self.size + 1, max(known))
        head = TreeHead(size=self.size, root=self._root() or b"")
        return LogReport(head=head, findings=tuple(self.findings))
