"""The cookies that browsers hold for us: for our own pages alone, and out of reach of scripts."""

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from dashboard import attempts, visits
from dashboard.access import cookie_name, visit_cookie
from dashboard.attempts import MARK_LIFE
from dashboard.parts import Parts
from referrals.professionals import SignedIn, login_fingerprint


def set_cookie(
    response: Response, parts: Parts, name: str, value: str, *, keep: int | None = None
) -> None:
    """Give the browser a cookie, until it closes or for `keep` seconds."""
    response.set_cookie(
        cookie_name(name, parts),
        value,
        max_age=keep,
        secure=parts.origin.secure,
        httponly=True,
        samesite="strict",
    )


def without_visit(response: Response, parts: Parts) -> Response:
    """Have the browser forget that somebody was signed in."""
    response.delete_cookie(
        cookie_name("visit", parts), secure=parts.origin.secure, httponly=True, samesite="strict"
    )
    return response


async def begin_visit(
    session: AsyncSession, request: Request, parts: Parts, person: SignedIn
) -> str:
    """Sign this browser in, out of whatever it was signed in to; gives the visit's cookie."""
    await visits.end(session, visit_cookie(request))
    return await visits.begin(session, person.account.id, person.identity, now=parts.now())


def remember(response: Response, parts: Parts, person: SignedIn, visit: str) -> Response:
    """Give the browser its visit, and the mark of one in which this person has signed in."""
    set_cookie(response, parts, "visit", visit)
    login = login_fingerprint(parts.keys, person.account.profile.email)
    kept = int(MARK_LIFE.total_seconds())
    set_cookie(response, parts, "mark", attempts.new_mark(parts.keys, login), keep=kept)
    return response
