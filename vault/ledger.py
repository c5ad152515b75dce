"""The SQL of the custody log and its checkpoints: they are added to and read; nothing else."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import driver_connection
from vault.entries import Action, Entry, Row
from vault.errors import TamperedError
from vault.tables import (
    CustodyCheck,
    CustodyCheckpoint,
    CustodyCosignature,
    CustodyEntry,
    CustodySigner,
)
from vault.tlog import Frontier, Span, TreeHead, fold, peaks_of

LOCK = int.from_bytes(b"custody", "big")
"""The key of the advisory lock that all writers of the log take."""
SIGNING = int.from_bytes(b"signing", "big")
"""The key of the advisory lock that all who sign checkpoints take."""
PAGE = 1000
LARGE_PAGE = 10_000
_LOCK = select(func.pg_advisory_xact_lock(LOCK))
_TAIL = text("""
SELECT clock_timestamp() AS now, last.at, coalesce(last.size, 0) AS size, ARRAY(
    SELECT node FROM custody_entries WHERE sequence = ANY (ARRAY(
        SELECT (last.size >> bit) << bit FROM generate_series(0, 62) AS bit
        WHERE (last.size >> bit) & 1 = 1
    )) ORDER BY sequence
) AS peaks
FROM (SELECT) AS always LEFT JOIN (
    SELECT sequence AS size, at FROM custody_entries ORDER BY sequence DESC LIMIT 1
) AS last ON true
""")
"""The time, the last entry's, its number, and the nodes of `peaks_of(0, size)`."""
_ROWS = """
SELECT sequence, coalesce(timestamptz_send(at), ''), coalesce(actor, ''), coalesce(action, ''),
       uuid_send(case_id), record_id, sha256, size, signer, signature,
       coalesce(salt, ''), coalesce(leaf, ''), coalesce(node, '')
FROM custody_entries ORDER BY sequence
"""
"""Raw bytes where Python's own types are slow, or can't hold what somebody has put there."""
_YEAR_2000 = 946_684_800_000_000


def locked_frontier(connection: Connection) -> tuple[datetime, Frontier]:
    """Wait for every other writer; give the database's time and the tree as they are then.

    The lock is held until the transaction ends.
    """
    connection.execute(_LOCK)
    tail = connection.execute(_TAIL).one()
    # A clock that was set back must not make an entry look older than the one before it.
    at = tail.now if tail.at is None else max(tail.now, tail.at)
    return at, _frontier(tail.size, tail.peaks)


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add entries."""
    connection.execute(insert(CustodyEntry), [asdict(entry) for entry in entries])


async def head(session: AsyncSession) -> TreeHead:
    """The log's size and root as they are now."""
    size = await session.scalar(select(_size())) or 0
    return TreeHead(size=size, root=await root_at(session, size))


async def root_at(session: AsyncSession, size: int) -> bytes:
    """The root that the log had when it was `size` entries long."""
    return _frontier(size, (await session.scalars(_peaks(size))).all()).head.root


async def subtrees(session: AsyncSession, spans: Sequence[Span]) -> list[bytes]:
    """The hashes of subtrees, which make up a proof.

    Raises:
        TamperedError: when entries that they need are missing.
    """
    parts = [(peaks_of(start, end - 1), end) for start, end in spans]
    wanted = {number for peaks, end in parts for number in (*peaks, end)}
    query = select(CustodyEntry.sequence, CustodyEntry.leaf, CustodyEntry.node)
    rows = await session.execute(query.where(CustodyEntry.sequence.in_(wanted)))
    found = {row.sequence: row for row in rows}
    if len(found) < len(wanted):
        raise TamperedError("entries of the custody log are missing")
    return [fold([*(found[n].node for n in peaks), found[end].leaf]) for peaks, end in parts]


async def entries(session: AsyncSession, case_id: UUID | None = None) -> AsyncIterator[Entry]:
    """The entries of a case, or all, in order and in constant memory."""
    columns = CustodyEntry.__table__.columns
    query = select(*columns).order_by(CustodyEntry.sequence)
    if case_id is not None:
        query = query.where(CustodyEntry.case_id == case_id)
    result = await session.stream(query, execution_options={"yield_per": PAGE})
    async for page in result.partitions():
        for row in page:
            yield Entry(**row._mapping)  # noqa: SLF001 - public despite its underscore


async def rows(session: AsyncSession) -> AsyncIterator[list[Row]]:
    """All entries in order as bare rows, a page at a time: three times as fast as `entries`."""
    connection = await driver_connection(session)
    async with connection.cursor(name="custody", binary=True) as cursor:
        await cursor.execute(_ROWS)
        while page := await cursor.fetchmany(LARGE_PAGE):
            yield [
                (number, int.from_bytes(at, "big", signed=True) + _YEAR_2000, *rest)
                for number, at, *rest in page
            ]


async def key_of(session: AsyncSession, actor: str) -> bytes | None:
    """The public key that an actor signs with, as its latest enrolment says."""
    enrolments = select(CustodyEntry.signer).where(
        CustodyEntry.actor == actor, CustodyEntry.action == Action.ENROL
    )
    return await session.scalar(enrolments.order_by(CustodyEntry.sequence.desc()).limit(1))


async def lock_checkpoints(session: AsyncSession) -> None:
    """Wait for every other signer; the lock is held until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(SIGNING)))


async def signer(session: AsyncSession) -> tuple[str, bytes] | None:
    """The log's origin and its sealed key, if it has them."""
    row = (await session.execute(select(CustodySigner.origin, CustodySigner.sealed))).one_or_none()
    return None if row is None else (row.origin, row.sealed)


async def add_signer(session: AsyncSession, origin: str, sealed: bytes) -> None:
    """Keep the log's own key."""
    await session.execute(insert(CustodySigner).values(origin=origin, sealed=sealed))


async def last_checkpoint(session: AsyncSession) -> str | None:
    """The longest log that was signed."""
    query = select(CustodyCheckpoint.note).order_by(CustodyCheckpoint.size.desc()).limit(1)
    return await session.scalar(query)


async def newest_note(session: AsyncSession) -> tuple[int, str] | None:
    """The newest checkpoint as the log itself signed it, and its size."""
    query = select(CustodyCheckpoint.size, CustodyCheckpoint.note)
    row = (await session.execute(query.order_by(CustodyCheckpoint.size.desc()).limit(1))).first()
    return None if row is None else (row.size, row.note)


async def checkpoint_of(session: AsyncSession, size: int | None = None) -> tuple[int, str] | None:
    """The checkpoint of `size` entries, or the newest, with the witnesses' lines under it."""
    query = select(CustodyCheckpoint.size, CustodyCheckpoint.note)
    if size is not None:
        query = query.where(CustodyCheckpoint.size == size)
    row = (await session.execute(query.order_by(CustodyCheckpoint.size.desc()).limit(1))).first()
    if row is None:
        return None
    lines = select(CustodyCosignature.line).where(CustodyCosignature.size == row.size)
    found = await session.scalars(lines.order_by(CustodyCosignature.at, CustodyCosignature.witness))
    return row.size, row.note + "".join(f"{line}\n" for line in found)


async def checkpoints(session: AsyncSession) -> Sequence[tuple[int, str]]:
    """Every checkpoint with the size under which it is kept, in order."""
    columns = select(CustodyCheckpoint.size, CustodyCheckpoint.note)
    rows = await session.execute(columns.order_by(CustodyCheckpoint.size))
    return [(row.size, row.note) for row in rows]


async def add_check(session: AsyncSession, size: int, findings: Sequence[str]) -> None:
    """Keep what a self-check found."""
    first = findings[0] if findings else None
    row = {"size": size, "findings": len(findings), "finding": first, "at": func.now()}
    await session.execute(insert(CustodyCheck).values(row))


async def last_check(session: AsyncSession) -> CustodyCheck | None:
    """The latest self-check, if there was one."""
    return await session.scalar(select(CustodyCheck).order_by(CustodyCheck.at.desc()).limit(1))


async def add_checkpoint(session: AsyncSession, size: int, note: str) -> None:
    """Keep a checkpoint."""
    await session.execute(insert(CustodyCheckpoint).values(size=size, note=note))


def _size() -> ColumnElement[int]:
    return func.coalesce(func.max(CustodyEntry.sequence), 0)


def _peaks(size: int) -> Select[bytes]:
    wanted = CustodyEntry.sequence.in_(peaks_of(0, size))
    return select(CustodyEntry.node).where(wanted).order_by(CustodyEntry.sequence)


def _frontier(size: int, peaks: Sequence[bytes]) -> Frontier:
    if len(peaks) != size.bit_count():
        raise TamperedError(f"entries before number {size} of the custody log are missing")
    return Frontier(size=size, peaks=tuple(peaks))
