"""Migrations lead to exactly the tables that the rooms define."""

from alembic import command

from backup.migrate import config, metadata
from core.database import open_engine


async def test_no_migration_is_missing(database_url: str) -> None:
    engine = open_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.check(config(sync, shape=metadata())))
    await engine.dispose()
