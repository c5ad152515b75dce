"""Objects that no record refers to: left by a transaction that failed, or kept by a lock."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, column, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from vault.store import Kept, ObjectStore, digest_of

YOUNG = timedelta(hours=1)
"""An object may be younger than the transaction that will refer to it."""

COLUMNS = text(
    "SELECT table_name, column_name FROM information_schema.columns"
    " JOIN information_schema.tables USING (table_schema, table_name)"
    " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    " AND data_type IN ('text', 'character varying')"
    " AND (column_name = 'object' OR column_name LIKE '%\\_object')"
)
"""Where references stand: any table may have some, in a column `object` or `…_object`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How many orphans were erased, and how many a lock keeps for now."""

    erased: int
    locked: int


async def orphans(session: AsyncSession, store: ObjectStore, *, now: datetime) -> list[Kept]:
    """Objects that no row refers to, an hour old at least.

    The store is listed first: what it holds by then, and is kept for good, has its row by the time
    that the rows are read.
    """
    kept = await asyncio.to_thread(_grown, store, now - YOUNG)
    known = await _references(session)
    return [one for one in kept if not known & {one.ref, digest_of(one.ref)}]


async def sweep(store: ObjectStore, found: Sequence[Kept]) -> Swept:
    """Erase orphans; what a lock keeps is told, and may be swept when it has ended."""
    gone = [await asyncio.to_thread(store.erase, one.ref) for one in found]
    return Swept(erased=sum(gone), locked=len(gone) - sum(gone))


def _grown(store: ObjectStore, before: datetime) -> list[Kept]:
    return [one for one in store.objects() if one.at < before]


async def _references(session: AsyncSession) -> set[str]:
    known: set[str] = set()
    for place, name in (await session.execute(COLUMNS)).all():
        reference = column(name, Text)
        query = select(reference).select_from(table(place)).where(reference.is_not(None))
        known.update(await session.scalars(query))
    return known
