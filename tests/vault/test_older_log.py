"""A log from before entries were signed is still right after the upgrade, and goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from psycopg import sql

from backup.migrate import config, migrate
from core.database import open_engine, open_sessions
from tests.vault.desk import Desk, Professional
from vault.canonical import canonical, stamp
from vault.custody import enrol
from vault.keys import LocalKeyProvider
from vault.store import DirectoryStore
from vault.tlog import Frontier, leaf_hash
from vault.verify import check_log

AT = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 7


@pytest.fixture
def empty_url(postgres: str) -> Iterator[str]:
    """The address of a database without any table."""
    database = f"t{uuid4().hex}"
    name = sql.Identifier(database)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield postgres.replace("/postgres?", f"/{database}?")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


async def old_shape(url: str) -> None:
    engine = open_engine(url, owner=True)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0001"))
    await engine.dispose()


def fill(url: str) -> None:
    """Entries as they were written then, a professional's view without a signature among them."""
    frontier = Frontier()
    with psycopg.connect(url) as connection:
        for number in range(1, SIZE + 1):
            at, case = AT + timedelta(seconds=number), UUID(int=number)
            actor = "professional:x" if number == 3 else "survivor"
            said = {
                "action": "view",
                "actor": actor,
                "at": stamp(at),
                "case": str(case),
                "record": None,
                "sha256": None,
                "size": number,
                "version": 1,
            }
            salt = bytes([number]) * 32
            frontier = frontier.grow(leaf_hash(salt + canonical(said)))
            leaf = leaf_hash(salt + canonical(said))
            connection.execute(
                "INSERT INTO custody_entries"
                " (sequence, at, actor, action, case_id, size, salt, leaf, node)"
                " VALUES (%s, %s, %s, 'view', %s, %s, %s, %s, %s)",
                (number, at, actor, case, number, salt, leaf, frontier.node),
            )


async def test_old_entries_stay_right_and_new_ones_follow(
    empty_url: str, data: Path, doctor: Professional
) -> None:
    await old_shape(empty_url)
    fill(empty_url)
    await migrate(empty_url)
    engine = open_engine(empty_url)
    desk = Desk(
        sessions=open_sessions(engine),
        keys=LocalKeyProvider.open(data / "server.key"),
        store=DirectoryStore(data / "store"),
    )
    async with desk.sessions.begin() as session:
        enrol(session, doctor.id, doctor.signer)
    await desk.opened_for(doctor)
    async with desk.sessions() as session:
        report = await check_log(session)
    await engine.dispose()
    assert report.findings == ()
    assert report.head.size == SIZE + 3
