"""Bring a database to the shape that this version needs."""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData

from backup.privileges import grant
from core.database import Base, open_engine

TABLES = (
    "bots.media.tables",
    "bots.pace",
    "bots.simulator.tables",
    "dashboard.tables",
    "referrals.passkeys",
    "referrals.professionals",
    "referrals.tables",
    "vault.anchor.tables",
    "vault.receipts",
    "vault.tables",
)
"""The modules that define tables."""


def metadata() -> MetaData:
    """Every table of every room."""
    for module in TABLES:
        import_module(module)
    return Base.metadata


def config(connection: Connection, *, shape: MetaData | None = None) -> Config:
    """Alembic's settings for an open connection; there is no settings file.

    `shape` is what the tables should be, for making a migration and for checking that none lacks.
    """
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    settings.attributes["shape"] = shape
    return settings


async def migrate(url: str) -> None:
    """Upgrade to the newest shape, as the owner, and let the program's role in.

    Raises:
        ConfigurationError: that role is missing and can't be made.
    """
    engine = open_engine(url, owner=True)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))
            await connection.run_sync(grant)
    finally:
        await engine.dispose()
