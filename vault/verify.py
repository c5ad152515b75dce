"""Checking the custody log: every entry against its hash, the tree, and earlier tree heads.

Each finding says what is wrong and where, as exactly as the rows that are left allow. What this
can't see: a log rewritten as a whole before any checkpoint of it left the server; and whether
what an entry says is true.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from vault import ledger
from vault.checkpoint import read
from vault.entries import Row
from vault.errors import TamperedError
from vault.findings import Finding, Problem
from vault.note import Verifier
from vault.signers import Signers
from vault.tlog import TreeHead
from vault.walk import Memory, Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What a check found; `head` is the tree's own, as its rows have it.

    `rekeyed` names the entries by which somebody got another signing key, and whose it was: no
    finding, but somebody should know why.
    """

    head: TreeHead
    findings: tuple[Finding, ...]
    rekeyed: tuple[tuple[int, str], ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


async def verify_log(
    session: AsyncSession, verifier: Verifier, notes: Iterable[str] = (), *, exact: bool = True
) -> LogReport:
    """Check the log against itself, every checkpoint in the database, and `notes`.

    These are checkpoints that were kept elsewhere; they alone reveal a database that was put back
    to an earlier state together with its checkpoints, or a log begun anew by the server itself.
    Without `exact` the entries' signatures are taken for what they say, which is much quicker.

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
            forged.append(Finding.at(Problem.FORGED, size))
        else:
            heads.append(head)
    report = await check_log(session, heads, kept, exact=exact)
    return replace(report, findings=(*forged, *report.findings))


async def check_log(
    session: AsyncSession, *heads: Iterable[TreeHead], exact: bool = True
) -> LogReport:
    """Read the whole log once, in constant memory, and compare it with earlier heads of it.

    Heads of one origin are given together: only those say up to where the log is the same.
    """
    return await check_rows(ledger.rows(session), *heads, exact=exact)


async def check_rows(
    pages: AsyncIterator[list[Row]], *heads: Iterable[TreeHead], exact: bool = True
) -> LogReport:
    """The same for entries from anywhere, in order of their sequence."""
    walk = Walk(
        memories=[Memory(heads=sorted(group)) for group in heads], signers=Signers(exact=exact)
    )
    async for page in pages:
        for row in page:
            walk.take(row)
    head = walk.end()
    return LogReport(head=head, findings=tuple(walk.findings), rekeyed=tuple(walk.signers.replaced))
