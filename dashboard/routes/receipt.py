"""The public page on which anybody checks a receipt: no sign-in, and nothing of what it is for.

The code comes in a form, so that it stands in no address and no history, and is logged nowhere.
"""

import re
from typing import Annotated

from fastapi import Form, Request, Response

from core.errors import BackUpError
from dashboard import attempts
from dashboard.access import anybody, parts_of, routes_for
from dashboard.attempts import TooManyAttemptsError
from dashboard.pages import page, words_of
from dashboard.parts import Parts
from vault.receipt_check import Answer, check
from vault.receipts import read_code

routes = routes_for(anybody)

SHA256 = re.compile(r"[0-9a-fA-F]{64}")
TOO_MANY, UNKNOWN, UNPROCESSABLE, UNAVAILABLE = 429, 404, 422, 503


@routes.get("/receipt")
async def show_form(request: Request) -> Response:
    """The form."""
    return _page(request)


@routes.post("/receipt")
async def check_receipt(
    request: Request,
    code: Annotated[str, Form(max_length=100)],
    sha256: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """What is known of a receipt."""
    parts, digest = parts_of(request), sha256.strip()
    typed = read_code(code)
    if typed is None or not (digest == "" or SHA256.fullmatch(digest)):
        return _page(request, problem="receipt.malformed", status=UNPROCESSABLE)
    address = request.client.host if request.client else ""
    whose = attempts.asker(parts.keys, address=address, purpose="receipt")
    try:
        async with parts.sessions.begin() as session:
            await attempts.count(session, whose, now=parts.now())
        answer = await _answer(parts, typed, digest)
    except TooManyAttemptsError as error:
        wait = words_of(request).span(error.wait)
        response = _page(request, problem="receipt.wait", status=TOO_MANY, time=wait)
        response.headers["Retry-After"] = str(round(error.wait.total_seconds()) + 1)
        return response
    except BackUpError:
        return _page(request, problem="receipt.unavailable", status=UNAVAILABLE)
    if answer is None:
        return _page(request, problem="receipt.unknown", status=UNKNOWN)
    async with parts.sessions.begin() as session:
        await attempts.forgive(session, whose, now=parts.now())
    return _page(request, answer=answer)


async def _answer(parts: Parts, code: str, digest: str) -> Answer | None:
    async with parts.sessions.begin() as session:
        return await check(session, code, keys=parts.keys, store=parts.store, sha256=digest or None)


def _page(
    request: Request,
    *,
    answer: Answer | None = None,
    problem: str | None = None,
    status: int = 200,
    **args: str,
) -> Response:
    words = words_of(request).text(problem, count=None, **args) if problem else None
    return page(request, "receipt.html", answer=answer, problem=words, status=status)
