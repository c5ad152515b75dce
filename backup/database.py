"""The database of `backup up`: the deployment's own, or an embedded one that is kept alive."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from backup.postgres import Embedded
from core.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Database:
    """Where the rows are, and the embedded server that holds them, if it is ours.

    Migrations take `owner_url`, everything else `url`.
    """

    url: str
    owner_url: str
    embedded: Embedded | None = None


@contextlib.asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Connect the address that is set, or run an embedded server until the block ends."""
    if settings.database_url is not None:
        owner = settings.database_owner_url or settings.database_url
        yield Database(settings.database_url.get_secret_value(), owner.get_secret_value())
        return
    print("database: starting PostgreSQL", flush=True)
    embedded = await asyncio.to_thread(Embedded, settings.backup_data / "postgres")
    watcher = asyncio.create_task(_keep_alive(embedded))
    try:
        yield Database(embedded.url, embedded.url, embedded)
    finally:
        watcher.cancel()
        await asyncio.to_thread(embedded.stop)


async def _keep_alive(embedded: Embedded) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        if not embedded.is_running():
            log.warning("PostgreSQL ended and is started again")
            with contextlib.suppress(Exception):
                await asyncio.to_thread(embedded.start)
