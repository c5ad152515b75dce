"""Work that outlives a request: procrastinate jobs, deferred in the row's own transaction.

A job's arguments are ids, never content. Tasks are named here by string, so that a room can ask
for work that another room does without importing it.
"""

from datetime import datetime

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import driver_connection

LANE = "lane"
"""Handle what has arrived in one conversation, then send what waits to be sent."""

FILE = "file"
"""Fetch one file that somebody sent, and seal it."""

FEEDBACK = "feedback"
"""Ask a person how the help was that a professional gave in one case."""

_deferrer = App(connector=PsycopgConnector())


async def defer(
    session: AsyncSession, task: str, subject: str, *, at: datetime | None = None
) -> None:
    """Ask for `task` on `subject` once this transaction commits.

    Two jobs of one task and subject never run at the same time, and one that already waits to run
    serves for both. A job for a later time (`at`) never holds up one for now.
    """
    lock = f"{task}:{subject}"
    try:
        # The savepoint exists once its own connection is asked for, not before.
        async with session.begin_nested():
            job = _deferrer.configure_task(
                task,
                queue=task,
                lock=lock,
                queueing_lock=lock if at is None else f"{lock}:later",
                schedule_at=at,
                # A waiting job of a lock holds up all of its priority; a later one must not.
                priority=0 if at is None else -1,
                connection=await driver_connection(session),
            )
            await job.defer_async(subject=subject)
    except AlreadyEnqueued:
        return
