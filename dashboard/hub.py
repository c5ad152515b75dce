"""One ear for all open pages: PostgreSQL tells that something changed, and the pages look again.

Announcements carry an id and no content, and may be missed while the connection is down; so a page
always catches up by what it has seen last, and every page is woken when the connection is back.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from core.database import listen
from referrals.cases import CASE_CHANNEL, WAITING_CHANNEL

RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class Hub:
    """Wakes whoever watches a case, or the list of the waiting ones."""

    def __init__(self, database_url: str) -> None:
        """Take the address of the database; `run` does the listening."""
        self._url = database_url
        self._watchers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._open = True

    @property
    def open(self) -> bool:
        """False once the process is about to end: streams should end too."""
        return self._open

    def close(self) -> None:
        """Let every open stream come to its end."""
        self._open = False
        self._wake_all()

    @contextmanager
    def watch(self, *subjects: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change of the subjects; who waits for it clears it."""
        changed = asyncio.Event()
        for subject in subjects:
            self._watchers[subject].add(changed)
        try:
            yield changed
        finally:
            for subject in subjects:
                self._watchers[subject].discard(changed)
                if not self._watchers[subject]:
                    del self._watchers[subject]

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._listen(CASE_CHANNEL))
            both.create_task(self._listen(WAITING_CHANNEL))

    async def _listen(self, channel: str) -> None:
        while True:
            try:
                async with listen(self._url, channel) as payloads:
                    self._wake_all()
                    async for payload in payloads:
                        self._wake(payload or channel)
            except psycopg.Error:
                log.warning("the database does not answer; trying again")
            await asyncio.sleep(RETRY_SECONDS)

    def _wake(self, subject: str) -> None:
        for changed in self._watchers.get(subject, ()):
            changed.set()

    def _wake_all(self) -> None:
        for subject in list(self._watchers):
            self._wake(subject)


async def wait(changed: asyncio.Event, seconds: float) -> None:
    """Wait for a change, but not longer than some seconds; clear the event before looking again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()
