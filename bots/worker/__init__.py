"""The worker: runs lanes, mends what a crash left behind, and lets drafts lapse.

Any number of workers run beside each other on one database: `python -m bots.worker`.
"""

import asyncio
import logging
import signal
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Status

from bots.assemble import database_url, open_parts
from bots.lanes import run_lane
from bots.media.intake import LONGEST_FETCH_SECONDS, fetch_file
from bots.parts import Parts, now
from bots.sweep import sweep
from bots.unasked import ask_feedback
from bots.worker.custody import keep
from core.database import as_application
from core.identifiers import CaseId
from core.jobs import FEEDBACK, FILE, LANE, defer
from core.process import run_process
from core.settings import Settings
from referrals.retention import keep_to_schedule
from vault.anchor.keep import keep_anchored
from vault.keeping import Custody

log = logging.getLogger(__name__)

Task = Callable[[str], Awaitable[None]]

CONCURRENCY = 16
LOOK_EVERY_SECONDS = 0.2
"""A message that arrives while its lane's last job is just ending finds the lock taken, and nothing
tells the engine when it is free."""
HEARTBEAT_SECONDS = 1.0
STALLED_AFTER_SECONDS = 5
"""A worker without a heartbeat for so long is taken for dead, and its jobs run again."""
SWEEP_SECONDS = 20
LONGEST_LANE_SECONDS = 120
FILES_AT_ONCE = 3
AFTER_A_FAILURE = timedelta(seconds=5)


def open_app(parts: Parts, url: str) -> App:
    """The job engine with every task that this worker knows."""
    app = App(
        connector=PsycopgConnector(
            conninfo=as_application(url), min_size=2, max_size=CONCURRENCY // 2
        ),
        worker_defaults={
            "concurrency": CONCURRENCY,
            "delete_jobs": "successful",
            "fetch_job_polling_interval": LOOK_EVERY_SECONDS,
            "install_signal_handlers": False,
            "shutdown_graceful_timeout": 5,
            "update_heartbeat_interval": HEARTBEAT_SECONDS,
            "stalled_worker_timeout": STALLED_AFTER_SECONDS,
        },
    )

    async def run_now(subject: str) -> None:
        async with asyncio.timeout(LONGEST_LANE_SECONDS):
            await run_lane(parts, UUID(subject))

    async def ask(subject: str) -> None:
        await ask_feedback(parts, CaseId(UUID(subject)))

    async def fetch(subject: str) -> None:
        await fetch_file(parts, UUID(subject))

    for name, act in ((LANE, run_now), (FEEDBACK, ask), (FILE, fetch)):
        app.task(name=name, queue=name)(_tried_again(parts, name, act))
    return app


def _tried_again(parts: Parts, name: str, act: Task) -> Task:
    """The same, and once more a while later when it fails.

    The engine's own retry is not used: a job that waits to be tried again would keep the name
    under which newer ones fold, and a failed one can't take it back from them.
    """

    async def task(subject: str) -> None:
        try:
            await act(subject)
        except Exception:
            log.exception("%s %s failed and is tried again", name, subject)
            async with parts.sessions.begin() as session:
                await defer(session, name, subject, at=now() + AFTER_A_FAILURE)

    return task


async def work(parts: Parts, url: str, *beside: Coroutine[Any, Any, None]) -> None:
    """Work until told to stop by SIGINT or SIGTERM, and do what has no end `beside` it."""
    app = open_app(parts, url)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with app.open_async():
        tasks = [
            # Apart, so that files on slow ways never keep the words of others waiting.
            asyncio.create_task(app.run_worker_async(queues=sorted(_queues(app) - {FILE}))),
            asyncio.create_task(app.run_worker_async(queues=[FILE], concurrency=FILES_AT_ONCE)),
            asyncio.create_task(_forever(lambda: watch(app, parts), HEARTBEAT_SECONDS)),
            asyncio.create_task(_forever(lambda: sweep(parts), SWEEP_SECONDS)),
            *map(asyncio.create_task, beside),
            asyncio.create_task(stop.wait()),
        ]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()


async def watch(app: App, parts: Parts) -> None:
    """Replace the jobs of workers that died; the lock of their lane would wait for ever.

    A job whose end could not be noted, because the database was away at that moment, is found by
    its age: no lane runs for so long.
    """
    manager = app.job_manager
    dead = await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old = [
            job
            for queue in sorted(_queues(app))
            for job in await manager.get_stalled_jobs(nb_seconds=_longest(queue), queue=queue)
        ]
    for job in (*dead, *old):
        try:
            await manager.finish_job_by_id_async(job.id or 0, Status.FAILED, delete_job=True)
        except ProcrastinateException:
            # Another worker's watchdog was faster.
            continue
        log.warning("job %s was left behind and is replaced", job.id)
        async with parts.sessions.begin() as session:
            await defer(session, job.task_name, str(job.task_kwargs["subject"]))


def _queues(app: App) -> set[str]:
    return {task.queue for task in app.tasks.values()}


def _longest(queue: str) -> int:
    """Seconds after which no job of a queue can still be running."""
    return 2 * (LONGEST_FETCH_SECONDS if queue == FILE else LONGEST_LANE_SECONDS)


async def _forever(act: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        await act()
        await asyncio.sleep(seconds)


async def _work(settings: Settings) -> None:
    async with open_parts(settings, connections=CONCURRENCY) as parts:
        custody = Custody.of(settings, parts.sessions, parts.sealing.keys)
        beside = [
            keep(custody),
            keep_to_schedule(settings, parts.sessions, parts.sealing.store, now),
        ]
        if settings.anchor_chains is not None:
            beside.append(keep_anchored(settings, parts.sessions, parts.sealing.keys, now))
        await work(parts, database_url(settings), *beside)


def main() -> int:
    """Run until told to stop."""
    return run_process("worker", _work)
