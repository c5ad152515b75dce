"""The worker: runs lanes, mends what a crash left behind, and lets drafts lapse.

Any number of workers run beside each other on one database: `python -m bots.worker`.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ProcrastinateException

from bots.assemble import database_url, open_parts
from bots.lanes import run_lane
from bots.parts import Parts
from bots.sweep import sweep
from core.errors import BackUpError
from core.jobs import LANE
from core.log import configure_logging
from core.settings import Settings, load_settings
from vault.checkpoint import sign_checkpoint
from vault.errors import TamperedError

log = logging.getLogger(__name__)

CONCURRENCY = 16
HEARTBEAT_SECONDS = 2.0
STALLED_AFTER_SECONDS = 8
"""A worker without a heartbeat for so long is taken for dead, and its jobs run again."""
SWEEP_SECONDS = 20
CHECKPOINT_SECONDS = 300


def open_app(parts: Parts, url: str) -> App:
    """The job engine with every task that this worker knows."""
    app = App(
        connector=PsycopgConnector(conninfo=url, min_size=2, max_size=CONCURRENCY // 2),
        worker_defaults={
            "concurrency": CONCURRENCY,
            "delete_jobs": "successful",
            "fetch_job_polling_interval": 2,
            "install_signal_handlers": False,
            "shutdown_graceful_timeout": 5,
            "update_heartbeat_interval": HEARTBEAT_SECONDS,
            "stalled_worker_timeout": STALLED_AFTER_SECONDS,
        },
    )

    @app.task(name=LANE, queue=LANE, retry=RetryStrategy(exponential_wait=2, max_attempts=8))
    async def lane(subject: str) -> None:
        try:
            await run_lane(parts, UUID(subject))
        except Exception:
            # The engine tries again; only this line says why.
            log.exception("lane %s failed", subject)
            raise

    return app


async def work(parts: Parts, url: str) -> None:
    """Work until told to stop by SIGINT or SIGTERM."""
    app = open_app(parts, url)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with app.open_async():
        tasks = [
            asyncio.create_task(app.run_worker_async()),
            asyncio.create_task(_forever(lambda: watch(app), HEARTBEAT_SECONDS)),
            asyncio.create_task(_forever(lambda: sweep(parts), SWEEP_SECONDS)),
            asyncio.create_task(_forever(lambda: checkpoint(parts), CHECKPOINT_SECONDS)),
            asyncio.create_task(stop.wait()),
        ]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()


async def watch(app: App) -> None:
    """Run again the jobs of workers that died; the lock of their lane would wait for ever."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS)
    for job in stalled:
        try:
            await app.job_manager.retry_job(job)
        except ProcrastinateException:
            # Another worker's watchdog was faster.
            continue
        log.warning("job %s of a dead worker runs again", job.id)


async def checkpoint(parts: Parts) -> None:
    """Sign the custody log as it stands, so that whoever keeps the note can tell a later change."""
    try:
        async with parts.sessions.begin() as session:
            await sign_checkpoint(session, parts.sealing.keys)
    except TamperedError:
        # Loud, and no reason to leave the people who write unanswered.
        log.exception("the custody log was changed; run `backup verify`")


async def _forever(act: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        await act()
        await asyncio.sleep(seconds)


async def _work(settings: Settings) -> None:
    async with open_parts(settings, connections=CONCURRENCY) as parts:
        await work(parts, database_url(settings))


def main() -> int:
    """Work until told to stop; a foreseen error is one line."""
    configure_logging("worker")
    try:
        asyncio.run(_work(load_settings()))
    except BackUpError as error:
        print(f"worker: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0
