"""Whether the records and files that are there are the ones of which the custody log tells."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.errors import GoneError
from vault.entries import Action
from vault.findings import Finding, Problem
from vault.store import ObjectRef, ObjectStore, digest_of
from vault.store.objects import BLOCK
from vault.tables import CustodyEntry, SealedRecord

PAGE = 100

Progress = Callable[[int], None]
Found = Row[tuple[int, UUID, bytes | None, str | None, UUID | None, bytes | None, int | None]]


async def check_records(
    session: AsyncSession, store: ObjectStore | None = None, progress: Progress | None = None
) -> list[Finding]:
    """Compare every record with the entry of its preservation, and every such entry with a record.

    With a `store` the files are read as well, which may take long; `progress` is told how many
    were. Run it in a transaction that sees one state (REPEATABLE READ), or a case that is destroyed
    meanwhile is found missing.
    """
    findings, read = list[Finding](), 0
    async for row in _records(session):
        problem = _problem(row)
        if problem is None and store is not None and row.object is not None:
            problem = await asyncio.to_thread(_read, store, ObjectRef(row.object))
            read += 1
            if progress is not None:
                progress(read)
        if problem is not None:
            findings.append(Finding.at(problem, row.id))
    lost = [Finding.at(Problem.LOST_RECORD, number) for number in await _lost(session)]
    return findings + lost


def _problem(row: Found) -> Problem | None:
    if row.told is None:
        return Problem.UNKNOWN_RECORD
    if row.told != row.case_id:
        return Problem.MOVED_RECORD
    sealed: bytes | None = row.sealed
    if sealed is not None:
        same = (hashlib.sha256(sealed).digest(), len(sealed)) == (row.sha256, row.size)
    else:
        same = digest_of(ObjectRef(row.object or "")) == (row.sha256 or b"").hex()
    return None if same else Problem.CHANGED_RECORD


def _read(store: ObjectStore, ref: ObjectRef) -> Problem | None:
    digest = hashlib.sha256()
    try:
        with store.open(ref) as file:
            for block in iter(partial(file.read, BLOCK), b""):
                digest.update(block)
    except GoneError:
        return Problem.LOST_OBJECT
    return None if digest.hexdigest() == digest_of(ref) else Problem.CHANGED_OBJECT


async def _records(session: AsyncSession) -> AsyncIterator[Found]:
    """Every record beside the first entry that tells of it."""
    told = (
        select(
            CustodyEntry.record_id,
            CustodyEntry.case_id.label("told"),
            CustodyEntry.sha256,
            CustodyEntry.size,
        )
        .where(_PRESERVED)
        .ext(distinct_on(CustodyEntry.record_id))
        .order_by(CustodyEntry.record_id, CustodyEntry.sequence)
        .subquery()
    )
    columns = (SealedRecord.id, SealedRecord.case_id, SealedRecord.sealed, SealedRecord.object)
    query = (
        select(*columns, told.c.told, told.c.sha256, told.c.size)
        .outerjoin(told, told.c.record_id == SealedRecord.id)
        .order_by(SealedRecord.id)
    )
    async for row in await session.stream(query, execution_options={"yield_per": PAGE}):
        yield row


async def _lost(session: AsyncSession) -> list[int]:
    """Records that were preserved and are gone; no entry says that they or their case were."""
    shred = aliased(CustodyEntry)
    there = exists().where(SealedRecord.id == CustodyEntry.record_id)
    destroyed = exists().where(
        shred.case_id == CustodyEntry.case_id,
        shred.action == Action.SHRED,
        shred.record_id.is_(None) | (shred.record_id == CustodyEntry.record_id),
        shred.sequence > CustodyEntry.sequence,
    )
    query = select(CustodyEntry.record_id).where(_PRESERVED, ~there, ~destroyed).distinct()
    found = await session.scalars(query.order_by(CustodyEntry.record_id))
    return [number for number in found if number is not None]


_PRESERVED: ColumnElement[bool] = CustodyEntry.action.in_((Action.PRESERVE, Action.REFUSE))
