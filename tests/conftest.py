"""Real PostgreSQL for the tests: one embedded server a run, a fresh database a test."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from procrastinate import App, PsycopgConnector
from psycopg import sql

from backup.postgres import Embedded
from core.database import Base, Sessions, open_engine, open_sessions


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an embedded server's own database."""
    # Not below pytest's own directory: the server may run as another user, and a second run of
    # pytest takes the rights to that directory away.
    with tempfile.TemporaryDirectory() as directory:
        server = Embedded(Path(directory) / "data")
        yield server.url
        server.stop()


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """The address of an empty database that only this test uses."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield postgres.replace("/postgres?", f"/{name}?")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    """Sessions on a database with every table that the test has imported."""
    engine = open_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with App(connector=PsycopgConnector(conninfo=database_url)).open_async() as jobs:
        await jobs.schema_manager.apply_schema_async()
    yield open_sessions(engine)
    await engine.dispose()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that only this test uses."""
    return tmp_path / "data"
