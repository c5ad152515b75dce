"""Fetches Telegram's updates: each is confirmed only after it is safe with us.

Invariants: an update that isn't committed is fetched again; a duplicate is left to the inbox; an
update that can't be read is passed over, so that it holds up nobody.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from bots.adapter import Arrived, MalformedError, PermanentError, RetryableError
from bots.telegram.adapter import Telegram
from bots.telegram.updates import read_update
from core.errors import ConfigurationError

log = logging.getLogger(__name__)

Keep = Callable[[tuple[Arrived, ...]], Awaitable[None]]

WAIT = 50
"""Seconds that Telegram may hold a question for news."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


async def poll(
    telegram: Telegram,
    ingest: Keep,
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> NoReturn:
    """Fetch updates for ever; what they say is safe when `ingest` returns.

    Raises:
        ConfigurationError: Telegram doesn't know the token.
    """
    # Only the question after a batch carries an offset: after a quiet week Telegram begins with
    # any number, and a remembered higher one would confirm what was never fetched.
    offset, failures = None, 0
    while True:
        try:
            batch = await telegram.updates(offset, wait=WAIT)
            offset = None
            for update in batch:
                await _take(ingest, update)
            offset = max(update["update_id"] for update in batch) + 1 if batch else None
            failures = 0
        except PermanentError:
            raise ConfigurationError(
                "TELEGRAM_TOKEN should be the token that BotFather gave; Telegram refuses it"
            ) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, Telegram keeps the updates
            failures += 1
            log.warning("updates are not fetched: %s", type(error).__name__)
            await pause(_delay(error, failures))


async def _take(ingest: Keep, update: dict[str, Any]) -> None:
    try:
        arrived = read_update(update)
    except MalformedError:
        log.warning("an update that can't be read is passed over")
        return
    if arrived:
        await ingest(arrived)


def _delay(error: Exception, failures: int) -> float:
    if isinstance(error, RetryableError) and error.after is not None:
        return error.after
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)))
