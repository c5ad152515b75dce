"""Signing in by passkey, and adding, naming and removing one: what `passkeys.js` talks to."""

from typing import Annotated, Any

from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from webauthn.helpers import base64url_to_bytes

from dashboard.access import Settled, anybody, parts_of, routes_for, settled
from dashboard.cookies import begin_visit, remember
from dashboard.pages import words_of
from dashboard.site import site_of
from referrals import passkeys
from referrals.ceremony import Answer, PasskeyError, Site
from referrals.passkeys import LONGEST_NAME
from referrals.professionals import SignedIn
from vault.errors import SealError

SEE_OTHER = 303

open_to_all = routes_for(anybody)
inside = routes_for(settled)


class Sent(BaseModel):
    """The authenticator's answer as the page's script sends it; `key` is 32 bytes in base64url."""

    credential: dict[str, Any] = Field(repr=False)
    key: str = Field(repr=False, max_length=64)
    name: str = Field("", max_length=LONGEST_NAME)

    def answer(self) -> Answer:
        """The same as a value."""
        return Answer(credential=self.credential, key=base64url_to_bytes(self.key))


@open_to_all.post("/sign-in/passkey/begin")
async def begin_sign_in(request: Request) -> Response:
    """What the browser asks its passkeys."""
    parts = parts_of(request)
    async with parts.sessions.begin() as session:
        options = await passkeys.ask_to_sign(session, site=_site(request), now=parts.now())
    return JSONResponse(options)


@open_to_all.post("/sign-in/passkey")
async def sign_in(request: Request, sent: Sent) -> Response:
    """Sign in by what a passkey signed, and open the identity by the key that it gave."""
    parts = parts_of(request)
    try:
        async with parts.sessions.begin() as session:
            person = await passkeys.sign_in_by_passkey(
                session, sent.answer(), keys=parts.keys, site=_site(request), now=parts.now()
            )
            visit = await begin_visit(session, request, parts, person)
    except (PasskeyError, SealError, ValueError):
        return _problem(request, "desk.passkey.wrong", 401)
    return remember(JSONResponse({"to": "/"}), parts, person, visit)


@inside.post("/security/passkeys/begin")
async def begin_adding(request: Request, visitor: Settled) -> Response:
    """What the browser asks for, to make a passkey."""
    parts = parts_of(request)
    try:
        async with parts.sessions.begin() as session:
            options = await passkeys.ask_to_create(
                session, visitor.account, site=_site(request), now=parts.now()
            )
    except PasskeyError:
        return _problem(request, "desk.passkey.many", 409)
    return JSONResponse(options)


@inside.post("/security/passkeys")
async def add(request: Request, visitor: Settled, sent: Sent) -> Response:
    """Keep a new passkey."""
    parts = parts_of(request)
    try:
        async with parts.sessions.begin() as session:
            await passkeys.add(
                session,
                SignedIn(account=visitor.account, identity=visitor.visit.identity),
                sent.answer(),
                keys=parts.keys,
                name=sent.name,
                site=_site(request),
                now=parts.now(),
            )
    except (PasskeyError, ValueError):
        return _problem(request, "desk.passkey.not_added", 422)
    return JSONResponse({"to": "/security"})


@inside.post("/security/passkeys/rename")
async def rename(
    request: Request,
    visitor: Settled,
    passkey: Annotated[str, Form(max_length=1400)],
    name: Annotated[str, Form(max_length=LONGEST_NAME)],
) -> Response:
    """Call one's passkey something else."""
    parts = parts_of(request)
    async with parts.sessions.begin() as session:
        await passkeys.rename(session, visitor.account.id, passkey, name, keys=parts.keys)
    return RedirectResponse("/security", SEE_OTHER)


@inside.post("/security/passkeys/remove")
async def remove(
    request: Request, visitor: Settled, passkey: Annotated[str, Form(max_length=1400)]
) -> Response:
    """Forget one's passkey."""
    async with parts_of(request).sessions.begin() as session:
        await passkeys.remove(session, visitor.account.id, passkey)
    return RedirectResponse("/security", SEE_OTHER)


def _site(request: Request) -> Site:
    site = site_of(request)
    if site is None:  # no page of ours offers a passkey there
        raise HTTPException(409)
    return site


def _problem(request: Request, message_id: str, status: int) -> Response:
    return JSONResponse({"problem": words_of(request).text(message_id)}, status)
