"""PostgreSQL by SQLAlchemy: the one metadata, the engine, and sessions.

Invariants: the entry point of a piece of work owns its transaction; repositories never commit;
no statement's values ever reach a log or an exception (`hide_parameters`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from sqlalchemy import DateTime, MetaData, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

APPLICATION = "backup_app"
"""The role of everything but migrations: it owns nothing, and what only grows it can't change."""

type_map = {datetime: DateTime(timezone=True)}


class Base(DeclarativeBase):
    """Every table of every room hangs on this metadata."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = type_map


Sessions = async_sessionmaker[AsyncSession]


def as_application(url: str) -> str:
    """The same address for connections that work in the application's role from the start."""
    parts, role = urlsplit(url), f"-crole={APPLICATION}"
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if role not in (options := query.get("options", "").split(" ")):
        query["options"] = " ".join([*filter(None, options), role])
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def open_engine(url: str, *, size: int = 10, owner: bool = False) -> AsyncEngine:
    """An engine of at most `size` connections for a `postgresql://` address.

    Only migrations work as the tables' `owner`; all others in the application's role.
    """
    address = url if owner else as_application(url)
    return create_async_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1),
        hide_parameters=True,
        max_overflow=0,
        pool_pre_ping=True,
        pool_size=size,
    )


def open_sessions(engine: AsyncEngine) -> Sessions:
    """A maker of sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection:
    """The psycopg connection under a session, for libraries that join its transaction."""
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)  # noqa: S101 - narrows the type
    return connection


async def announce(session: AsyncSession, channel: str, payload: str) -> None:
    """Tell the listeners of `channel` when this transaction commits; ids only, never content."""
    await session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )


@asynccontextmanager
async def listen(url: str, channel: str) -> AsyncIterator[AsyncIterator[str]]:
    """The payloads announced on `channel` from now on, over a connection of its own."""
    connection = await psycopg.AsyncConnection.connect(as_application(url), autocommit=True)
    async with connection:
        await connection.execute(
            psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel))
        )
        yield (notice.payload async for notice in connection.notifies())
