"""Real PostgreSQL for the tests: one embedded server a run, a fresh database a test."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from backup.migrate import migrate
from backup.postgres import Embedded
from core.database import Sessions, open_engine, open_sessions


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an embedded server, whose database `shape` is migrated and else empty."""
    # Not below pytest's own directory: the server may run as another user, and a second run of
    # pytest takes the rights to that directory away.
    with tempfile.TemporaryDirectory() as directory:
        server = Embedded(Path(directory) / "data")
        with psycopg.connect(server.url, autocommit=True) as connection:
            # No test that uses this server asks it to survive a crash, so nothing waits for a disk.
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {name} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE shape")
        asyncio.run(migrate(server.url.replace("/postgres?", "/shape?")))
        yield server.url
        server.stop()


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """The address of a migrated database that only this test uses."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE shape").format(sql.Identifier(name))
        )
        yield postgres.replace("/postgres?", f"/{name}?")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    """Sessions on a migrated database that only this test uses."""
    engine = open_engine(database_url)
    yield open_sessions(engine)
    await engine.dispose()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that only this test uses."""
    return tmp_path / "data"
