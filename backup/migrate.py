"""Bring a database to the shape that this version needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import bots.pace
import bots.simulator.tables
import dashboard.tables
import referrals.professionals
import referrals.tables
import vault.tables
from core.database import Base, open_engine

MODELS = (bots.pace, bots.simulator, dashboard, referrals, vault)
METADATA = Base.metadata


def config(connection: Connection) -> Config:
    """Alembic's settings for an open connection; there is no settings file."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings


async def migrate(url: str) -> None:
    """Upgrade to the newest shape; does nothing when it is reached already."""
    engine = open_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))
    await engine.dispose()
