"""The SQL of the custody log: it is added to, and read in order; nothing else exists."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from vault.errors import TamperedError
from vault.tables import CustodyEntry
from vault.tlog import Frontier, peaks_of

LOCK = int.from_bytes(b"custody", "big")
"""The key of the advisory lock that all writers of the log take."""
PAGE = 1000


def locked_frontier(connection: Connection) -> tuple[datetime, Frontier]:
    """Wait for every other writer; give the database's time and the tree as they are then.

    The lock is held until the transaction ends.
    """
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    at, size = connection.execute(select(func.clock_timestamp(), _size())).one()
    return at, _frontier(size, connection.execute(_peaks(size)).all())


def append(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add entries."""
    connection.execute(insert(CustodyEntry), rows)


async def frontier(session: AsyncSession) -> Frontier:
    """The tree as it is now."""
    size = await session.scalar(select(_size())) or 0
    return _frontier(size, (await session.execute(_peaks(size))).all())


async def entries(session: AsyncSession) -> AsyncIterator[CustodyEntry]:
    """All entries in order, in constant memory; they belong to no session."""
    columns = CustodyEntry.__table__.columns
    query = select(*columns).order_by(CustodyEntry.sequence)
    async for row in await session.stream(query, execution_options={"yield_per": PAGE}):
        yield CustodyEntry(**row._mapping)  # noqa: SLF001 - public despite its underscore


def _size() -> ColumnElement[int]:
    return func.coalesce(func.max(CustodyEntry.sequence), 0)


def _peaks(size: int) -> Select[bytes]:
    wanted = CustodyEntry.sequence.in_(peaks_of(0, size))
    return select(CustodyEntry.node).where(wanted).order_by(CustodyEntry.sequence)


def _frontier(size: int, rows: Sequence[Row[bytes]]) -> Frontier:
    if len(rows) != size.bit_count():
        raise TamperedError(f"entries before number {size} of the custody log are missing")
    return Frontier(size=size, peaks=tuple(row.node for row in rows))
