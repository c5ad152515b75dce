"""What vouches for a case's custody entries: the log, its checkpoints, and those outside it."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.identifiers import CaseId
from vault.anchor.tables import AnchorRow
from vault.bundle.index import Confirmation
from vault.entries import Action, Entry
from vault.errors import TamperedError
from vault.tables import (
    CustodyCheckpoint,
    CustodyCosignature,
    CustodyEntry,
    CustodyTimestamp,
    SealedRecord,
)

Json = dict[str, Any]
Said = Callable[[AsyncSession, int], Awaitable["list[Vouched]"]]

PRESERVED = frozenset((Action.PRESERVE, Action.REFUSE))
"""What is done once to each record, when it comes."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody's word for a checkpoint, with what proves it."""

    kind: str
    """`witness`, `timestamp` or `anchor`."""
    who: str
    at: datetime
    size: int
    """The entries that the checkpoint covers."""
    note: str
    """The checkpoint as it was vouched for."""
    proof: str | bytes | Json
    """A cosignature's line, a token in DER, or an archived anchor."""

    @property
    def confirmation(self) -> Confirmation:
        """As the index tells it."""
        development = isinstance(self.proof, dict) and self.proof["chain"]["development"]
        kind = "development" if development else self.kind
        return Confirmation(kind=kind, who=self.who, at=self.at, size=self.size)


async def entries_of(session: AsyncSession, case_id: CaseId) -> list[Entry]:
    """The case's entries in order, with those by which its actors made their keys known."""
    columns = CustodyEntry.__table__.columns
    of_case = select(*columns).where(CustodyEntry.case_id == case_id)
    found = [Entry(**row) for row in (await session.execute(of_case)).mappings()]
    enrolled = select(*columns).where(
        CustodyEntry.action == Action.ENROL, CustodyEntry.actor.in_({one.actor for one in found})
    )
    found += [Entry(**row) for row in (await session.execute(enrolled)).mappings()]
    return sorted(found, key=lambda entry: entry.sequence)


async def records_of(session: AsyncSession, case_id: CaseId) -> Sequence[SealedRecord]:
    """The case's records of every kind, in order."""
    query = select(SealedRecord).where(SealedRecord.case_id == case_id)
    return (await session.scalars(query.order_by(SealedRecord.id))).all()


def erased(entries: Iterable[Entry], there: Collection[int]) -> list[Json]:
    """The records that were kept once and are gone, each with the entry that says so.

    Raises:
        TamperedError: one is gone, and no entry says that it, or its case, was destroyed since.
    """
    entries = list(entries)
    shreds = [entry for entry in entries if entry.action == Action.SHRED]
    found = []
    for kept in entries:
        if kept.action in PRESERVED and kept.record_id not in there:
            of_it = (one for one in shreds if one.record_id in {None, kept.record_id})
            shred = next((one for one in of_it if one.sequence > kept.sequence), None)
            if shred is None:
                raise TamperedError(f"the record of custody entry {kept.sequence} is missing")
            found.append(
                {"record": kept.record_id, "custody": kept.sequence, "erased_by": shred.sequence}
            )
    return found


async def vouched(session: AsyncSession, sequences: Iterable[int]) -> list[Vouched]:
    """For each entry the earliest word of every witness, authority and chain that covers it."""
    chosen: dict[tuple[str, str, int], Vouched] = {}
    covered = 0
    for sequence in sorted(sequences):
        if sequence > covered:
            words = [word for said in _SAID for word in await said(session, sequence)]
            if not words:
                break
            chosen.update({(word.kind, word.who, word.size): word for word in words})
            covered = min(word.size for word in words)
    return sorted(chosen.values(), key=lambda word: (word.size, word.at))


def _said_of(
    kind: str,
    said: type[CustodyCosignature | CustodyTimestamp],
    who: InstrumentedAttribute[str],
    proof: InstrumentedAttribute[Any],
) -> Said:
    """How to find the earliest word of each witness, or of each authority."""

    async def find(session: AsyncSession, covering: int) -> list[Vouched]:
        query = (
            select(who, said.at, said.size, CustodyCheckpoint.note, proof)
            .join(CustodyCheckpoint, CustodyCheckpoint.size == said.size)
            .ext(distinct_on(who))
            .where(said.size >= covering)
            .order_by(who, said.size)
        )
        return [Vouched(kind, *row) for row in await session.execute(query)]

    return find


async def _anchors(session: AsyncSession, covering: int) -> list[Vouched]:
    """Those in blocks that stay, and so archived."""
    said = AnchorRow
    query = (
        select(said.chain, said.size, said.checkpoint, said.archive)
        .ext(distinct_on(said.chain))
        .where(said.size >= covering, said.archive.is_not(None))
        .order_by(said.chain, said.size, said.created_at)
    )
    return [
        Vouched(
            "anchor",
            chain,
            datetime.fromtimestamp(proof["block"]["timestamp"], UTC),
            size,
            note,
            proof,
        )
        for chain, size, note, proof in await session.execute(query)
        if proof is not None
    ]


_SAID = (
    _said_of("witness", CustodyCosignature, CustodyCosignature.witness, CustodyCosignature.line),
    _said_of("timestamp", CustodyTimestamp, CustodyTimestamp.authority, CustodyTimestamp.token),
    _anchors,
)
