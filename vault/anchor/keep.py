"""The anchoring of a whole deployment, as a worker runs it beside everything else."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from importlib import import_module

from core.database import Sessions
from core.settings import Settings
from vault.keys import KeyProvider


async def keep_anchored(
    settings: Settings, sessions: Sessions, keys: KeyProvider, now: Callable[[], datetime]
) -> None:
    """Anchor on every chain of the deployment until cancelled.

    Raises:
        ConfigurationError: the chains' file or a key is wrong.
    """
    # web3 takes two seconds to load, which nobody who writes should wait for.
    lane = await asyncio.to_thread(import_module, "vault.anchor.lane")
    lanes = lane.open_lanes(settings, sessions, keys, now)
    async with asyncio.TaskGroup() as group:
        for one in lanes:
            group.create_task(one.keep())
