"""What somebody keeps their account safe with: password, passkeys, authenticator, open visits."""

from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from dashboard import visits
from dashboard.access import Settled, Visitor, parts_of, routes_for, settled, visit_cookie
from dashboard.pages import page
from dashboard.proof import prove
from dashboard.qr import qr_code
from dashboard.site import site_of
from referrals import passkeys, renewal
from referrals.passkeys import LONGEST_NAME
from referrals.professionals import check_password
from referrals.renewal import Authenticator, WrongCodeError
from vault.escrow import fingerprint

SEE_OTHER = 303

routes = routes_for(settled)

Code = Annotated[str, Form(max_length=12)]


@routes.get("/security")
async def show_security(request: Request, visitor: Settled) -> Response:
    """Everything on one page."""
    return await _security_page(request, visitor)


@routes.post("/security/sign-out-others")
async def sign_out_others(request: Request, visitor: Settled) -> Response:
    """End every visit but this."""
    async with parts_of(request).sessions.begin() as session:
        await visits.end_others(session, visitor.account.id, visit_cookie(request))
    return RedirectResponse("/security", SEE_OTHER)


@routes.post("/security/authenticator")
async def begin_authenticator(
    request: Request, visitor: Settled, password: Annotated[str, Form(max_length=200)]
) -> Response:
    """Show a new secret, once the password was given; the old one counts until it is used."""
    parts = parts_of(request)

    async def check() -> None:
        await check_password(
            parts.sessions, keys=parts.keys, professional=visitor.account.id, password=password
        )

    problem = await prove(parts, visitor, check)
    if problem is not None:
        return await _security_page(request, visitor, problem=problem, status=422)
    fresh = renewal.new_authenticator(parts.keys, visitor.account, now=parts.now())
    return _authenticator_page(request, visitor, fresh)


@routes.post("/security/authenticator/use")
async def use_authenticator(
    request: Request, visitor: Settled, sealed: Annotated[str, Form(max_length=1000)], code: Code
) -> Response:
    """Replace the authenticator, once the new one has shown a right code; other visits end."""
    parts, owner = parts_of(request), visitor.account
    try:
        fresh = renewal.same_authenticator(parts.keys, owner, sealed, now=parts.now())
    except WrongCodeError:
        problem = "desk.authenticator.late"
        return await _security_page(request, visitor, problem=problem, status=422)
    try:
        async with parts.sessions.begin() as session:
            await renewal.use_authenticator(
                session, owner, fresh, code, keys=parts.keys, now=parts.now()
            )
            await visits.end_others(session, owner.id, visit_cookie(request))
    except WrongCodeError:
        problem = "desk.authenticator.wrong"
        return _authenticator_page(request, visitor, fresh, problem=problem, status=422)
    return await _security_page(request, visitor, notice="desk.authenticator.done")


async def _security_page(request: Request, visitor: Visitor, **values: Any) -> Response:
    parts, owner = parts_of(request), visitor.account.id
    async with parts.sessions() as session:
        known = await passkeys.passkeys(session, owner, keys=parts.keys)
        opened = await visits.open_visits(session, owner, visit_cookie(request), now=parts.now())
    return page(
        request,
        "security.html",
        visitor=visitor,
        back="/security",
        fingerprint=fingerprint(visitor.account.recipient),
        passkeys=known,
        passkeys_here=site_of(request) is not None,
        longest_name=LONGEST_NAME,
        visits=opened,
        **{"notice": None, "problem": None, **values},
    )


def _authenticator_page(
    request: Request,
    visitor: Visitor,
    fresh: Authenticator,
    *,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "authenticator.html",
        visitor=visitor,
        back="/security",
        status=status,
        fresh=fresh,
        qr=qr_code(fresh.uri),
        problem=problem,
    )
