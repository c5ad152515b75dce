"""Asking for the password again inside a visit, with the delays that guessing meets."""

from collections.abc import Awaitable, Callable

from dashboard import attempts
from dashboard.access import Visitor
from dashboard.attempts import TooManyAttemptsError
from dashboard.parts import Parts
from referrals.professionals import SignInError


async def prove(parts: Parts, visitor: Visitor, act: Callable[[], Awaitable[None]]) -> str | None:
    """Do what takes the password; gives what is wrong, as a message id."""
    whose = [parts.keys.fingerprint(str(visitor.account.id), purpose="attempts/password")]
    try:
        async with parts.sessions.begin() as session:
            await attempts.count(session, whose, now=parts.now())
        await act()
    except TooManyAttemptsError:
        return "desk.password.wait"
    except SignInError:
        return "desk.password.wrong"
    async with parts.sessions.begin() as session:
        await attempts.forgive(session, whose, now=parts.now())
    return None
