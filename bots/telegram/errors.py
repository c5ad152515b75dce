"""Telegram's refusals and failures, in the words of the gateway.

Nothing is chained: the library's errors can quote the token, an address or what somebody wrote.
"""

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bots.adapter import PermanentError, Problem, RetryableError

# The request never left.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def translate(error: TelegramError) -> RetryableError | PermanentError:
    """What the gateway is to do about it."""
    match error:
        case RetryAfter(retry_after=after):
            seconds = after.total_seconds() if isinstance(after, timedelta) else after
            return RetryableError(seconds)
        case InvalidToken():
            return PermanentError("configuration")
        case Forbidden() | BadRequest() | ChatMigrated():
            return PermanentError(_problem(error))
        case Conflict():
            return RetryableError()
        case NetworkError():
            return RetryableError(ambiguous=not isinstance(error.__cause__, UNSENT))
    return RetryableError(ambiguous=True)


def _problem(error: TelegramError) -> Problem:
    words = error.message.lower()
    if "blocked" in words:
        return "blocked"
    if isinstance(error, BadRequest) and "chat not found" not in words:
        return "invalid"
    return "unroutable"
