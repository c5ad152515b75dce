"""What the worker does for the custody log: sign it, have it time-stamped, and check it at a start.

Nothing here keeps a message waiting: whatever fails is told of in the log and tried again.
"""

import asyncio
import logging
import sys
from datetime import timedelta

import httpx

from bots.parts import now
from vault.keeping import Custody, checkpoint, stamp
from vault.timestamps import Authority, AuthorityError

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 300
STAMP_EVERY = timedelta(days=1)
LOOK_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 3600.0


async def keep(custody: Custody) -> None:
    """Check once, then sign and time-stamp for ever."""
    async with httpx.AsyncClient(timeout=30) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(check_once())
        await checkpoint(custody)
        for authority in custody.authorities:
            tasks.create_task(_keep_stamped(custody, client, authority))
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            await checkpoint(custody)


async def _keep_stamped(custody: Custody, client: httpx.AsyncClient, authority: Authority) -> None:
    pause = LOOK_SECONDS
    while True:
        try:
            await stamp(custody, client, authority, due_before=now() - STAMP_EVERY)
            pause = LOOK_SECONDS
        except AuthorityError as error:
            log.warning("no timestamp: %s; tried again in %.0f s", error, pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause)


async def check_once() -> None:
    """Check the whole log in a process of its own, which yields to everything else."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bots.worker.check")
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
