"""Signing in and out, leaving quickly, the password, the language."""

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import text

from dashboard import access, attempts, visits
from dashboard.access import (
    SignedIn,
    anybody,
    cookie_name,
    parts_of,
    routes_for,
    signed_in,
    visit_cookie,
)
from dashboard.attempts import TooManyAttemptsError
from dashboard.cookies import begin_visit, remember, set_cookie, without_visit
from dashboard.pages import LANGUAGE_COOKIE, page, words_of
from dashboard.proof import prove
from dashboard.site import site_of
from referrals.credentials import MINIMUM_LENGTH
from referrals.professionals import (
    SignInError,
    WeakPasswordError,
    change_password,
    login_fingerprint,
    sign_in,
)

ELSEWHERE = "https://www.wikipedia.org/"
SEE_OTHER = 303

open_to_all = routes_for(anybody)
inside = routes_for(signed_in)

Typed = Annotated[str, Form(max_length=254)]
Password = Annotated[str, Form(max_length=200)]


@open_to_all.get("/health")
async def health(request: Request) -> dict[str, bool]:
    """Whether the process and its database answer."""
    async with parts_of(request).sessions() as session:
        await session.execute(text("SELECT 1"))
    return {"ready": True}


@open_to_all.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """The form."""
    return sign_in_page(request)


@open_to_all.post("/sign-in")
async def do_sign_in(request: Request, email: Typed, password: Password, code: Typed) -> Response:
    """Check what was typed, and give the browser its cookies."""
    parts = parts_of(request)
    login = login_fingerprint(parts.keys, email)
    mark = request.cookies.get(cookie_name("mark", parts))
    address = request.client.host if request.client else ""
    whose = attempts.subjects(parts.keys, login=login, address=address, mark=mark)
    try:
        async with parts.sessions.begin() as session:
            await attempts.count(session, whose, now=parts.now())
        person = await sign_in(
            parts.sessions,
            keys=parts.keys,
            email=email,
            password=password,
            code=code,
            now=parts.now(),
        )
    except TooManyAttemptsError as error:
        wait = words_of(request).span(error.wait)
        problem = words_of(request).text("desk.sign_in.wait", time=wait)
        refusal = sign_in_page(request, status=429, problem=problem)
        refusal.headers["Retry-After"] = str(round(error.wait.total_seconds()) + 1)
        return refusal
    except SignInError:
        problem = words_of(request).text("desk.sign_in.wrong")
        return sign_in_page(request, status=401, problem=problem)
    async with parts.sessions.begin() as session:
        await attempts.forgive(session, whose, now=parts.now())
        visit = await begin_visit(session, request, parts, person)
    return remember(RedirectResponse("/", SEE_OTHER), parts, person, visit)


@inside.get("/")
async def show_home(visitor: SignedIn) -> Response:
    """The page that each begins with."""
    return RedirectResponse("/people" if visitor.admin else "/inbox", SEE_OTHER)


@inside.get("/here")
async def note_presence(visitor: SignedIn) -> Response:  # noqa: ARG001 - the rule does it
    """Somebody is typing: they have not gone."""
    return Response(status_code=204)


@inside.post("/sign-out")
async def do_sign_out(request: Request) -> Response:
    """Destroy the visit."""
    await _end(request)
    return without_visit(RedirectResponse("/sign-in", SEE_OTHER), parts_of(request))


@open_to_all.post("/leave")
async def leave(request: Request) -> Response:
    """Destroy the visit if there is one, and show something else at once."""
    await _end(request)
    return without_visit(page(request, "leave.html", elsewhere=ELSEWHERE), parts_of(request))


@inside.get("/password")
async def show_password(request: Request, visitor: SignedIn) -> Response:
    """The form."""
    return _password_page(request, visitor)


@inside.post("/password")
async def do_change_password(
    request: Request, visitor: SignedIn, old: Password, new: Password, again: Password
) -> Response:
    """Seal the identity under a new password; other browsers are signed out."""
    parts = parts_of(request)
    problem = "desk.password.differ" if new != again else await _change(request, visitor, old, new)
    if problem is not None:
        return _password_page(request, visitor, problem)
    async with parts.sessions.begin() as session:
        await visits.end_all(session, visitor.account.id)
        cookie = await visits.begin(
            session, visitor.account.id, visitor.visit.identity, now=parts.now()
        )
    response = RedirectResponse("/", SEE_OTHER)
    set_cookie(response, parts, "visit", cookie)
    return response


@open_to_all.post("/language")
async def choose_language(
    request: Request, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    """Remember the language until the browser closes, and go back."""
    inner = back.startswith("/") and not back.startswith(("//", "/\\"))
    response = RedirectResponse(back if inner else "/", SEE_OTHER)
    parts = parts_of(request)
    if language in parts.catalogs.languages():
        set_cookie(response, parts, LANGUAGE_COOKIE, language)
    return response


def sign_in_page(request: Request, *, status: int = 200, problem: str | None = None) -> Response:
    """The form, and the passkey's button where a passkey can be used."""
    named = site_of(request) is not None
    return page(request, "sign_in.html", status=status, problem=problem, passkeys_here=named)


async def _change(request: Request, visitor: access.Visitor, old: str, new: str) -> str | None:
    """What is wrong, as a message id; None once the password is changed."""
    parts = parts_of(request)

    async def change() -> None:
        await change_password(
            parts.sessions,
            keys=parts.keys,
            professional=visitor.account.id,
            old=old,
            new=new,
            cost=parts.cost,
        )

    try:
        return await prove(parts, visitor, change)
    except WeakPasswordError:
        return "desk.password.weak"


def _password_page(
    request: Request, visitor: access.Visitor, problem: str | None = None
) -> Response:
    words = words_of(request).text(problem) if problem else None
    return page(
        request,
        "password.html",
        visitor=visitor,
        status=422 if problem else 200,
        problem=words,
        minimum=MINIMUM_LENGTH,
    )


async def _end(request: Request) -> None:
    async with parts_of(request).sessions.begin() as session:
        await visits.end(session, visit_cookie(request))
