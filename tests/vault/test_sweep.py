"""Objects that nothing refers to go; whatever a row refers to stays."""

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from tests.vault.desk import Desk, Professional
from vault.store import DirectoryStore, Kept, ObjectRef
from vault.sweep import Swept, orphans, sweep


async def found(desk: Desk, *, later: timedelta = timedelta(hours=2)) -> list[str]:
    async with desk.sessions() as session:
        kept = await orphans(session, desk.store, now=datetime.now(UTC) + later)
    return [one.ref for one in kept]


async def test_an_object_of_a_transaction_that_failed_is_swept(
    desk: Desk, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.report(case, b"kept")
    orphan = desk.store.put(io.BytesIO(b"nobody refers to this"))
    assert await found(desk) == [orphan]
    async with desk.sessions() as session:
        kept = await orphans(session, desk.store, now=datetime.now(UTC) + timedelta(hours=2))
    assert await sweep(desk.store, kept) == Swept(erased=1, locked=0)
    assert await found(desk) == []
    assert await desk.contents(case, doctor) == [b"kept"]


async def test_what_is_young_may_still_get_its_row(desk: Desk) -> None:
    desk.store.put(io.BytesIO(b"on its way"))
    assert await found(desk, later=timedelta(minutes=50)) == []


async def test_a_reference_in_any_table_counts(desk: Desk, database_url: str) -> None:
    copy, thumbnail = (desk.store.put(io.BytesIO(os.urandom(9))) for _ in range(2))
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE later (object text, small_object varchar)")
        owner.execute("GRANT SELECT ON later TO backup_app")
        owner.execute("INSERT INTO later VALUES (%s, %s)", (copy, thumbnail))
    assert await found(desk) == []


async def test_a_version_is_known_by_its_hash_too(desk: Desk, doctor: Professional) -> None:
    """Rows that were written while objects were in a directory name no version."""
    case = await desk.opened_for(doctor)
    await desk.report(case, b"moved to a bucket")
    (kept,) = desk.store.objects()

    class Bucket(DirectoryStore):
        def objects(self) -> Iterator[Kept]:
            yield replace(kept, ref=ObjectRef(f"{kept.ref}@1"))
            yield replace(kept, ref=ObjectRef(f"{'0' * 64}@1"))

    moved = replace(desk, store=Bucket(Path(desk.store._objects.parent)))
    assert await found(moved) == [f"{'0' * 64}@1"]
