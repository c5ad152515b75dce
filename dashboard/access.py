"""The only module that authorises: who is here, and may they do this?

Every route names one of the rules below, and a route without one stops the program at start, so
what nobody thought of is refused. A case that isn't yours is answered as if it did not exist. Every
changing request must come from our own pages: by the browser's word (Sec-Fetch-Site, Origin) and by
a token that only this browser's pages have. Admins are on no case and read none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRouter, iter_route_contexts
from starlette.routing import Mount

from core.errors import BackUpError, GoneError, NotAllowedError
from core.identifiers import CaseId
from dashboard import visits
from dashboard.parts import Parts
from dashboard.visits import SignedOutError, Visit
from referrals import professionals
from referrals.accounts import Account
from referrals.handover import MyCase, mine

SAFE_METHODS = frozenset(("GET", "HEAD"))
TOKEN_FIELD, TOKEN_HEADER = "form_token", "x-form-token"
# Pages keep these requests open by themselves: they don't say that somebody is there.
LIVE = "/live"
STATIC = "/static"


class PasswordChangeNeededError(BackUpError):
    """A one-time password opens nothing but the page where it is changed."""


REFUSALS = (GoneError, NotAllowedError, PasswordChangeNeededError, SignedOutError)
"""What these rules raise, and what ends a request that stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is signed in, with the account as it is now."""

    account: Account
    visit: Visit

    @property
    def admin(self) -> bool:
        """Whether they run the organisation's accounts rather than cases."""
        return self.account.profile.role == "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVisitor:
    """A professional at a case that they have taken."""

    visitor: Visitor
    case: MyCase


def parts_of(request: Request) -> Parts:
    """The parts that the application was put together from."""
    return cast("Parts", request.app.state.parts)


def cookie_name(name: str, parts: Parts) -> str:
    """The name under which browsers refuse a cookie that any other host or path has set."""
    return f"__Host-{name}" if parts.origin.secure else name


def visit_cookie(request: Request) -> str | None:
    """What the browser holds of its visit."""
    return request.cookies.get(cookie_name("visit", parts_of(request)))


async def anybody(request: Request) -> None:
    """Open to everyone; a changing request must still come from our own pages."""
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    here = f"{parts_of(request).origin.scheme}://{request.headers.get('host')}"
    ours = origin == here if site is None else site == "same-origin"
    if not ours:
        raise NotAllowedError("a request from elsewhere")


async def signed_in(request: Request, _: Annotated[None, Depends(anybody)]) -> Visitor:
    """Somebody signed in, perhaps with a password that they still have to change."""
    touch = not request.url.path.endswith(LIVE)
    visitor = await _visitor(parts_of(request), visit_cookie(request), touch=touch)
    if request.method not in SAFE_METHODS and not await _has_token(request, visitor.visit):
        raise NotAllowedError("a form without its token")
    return visitor


async def settled(visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
    """Somebody signed in by a password of their own."""
    if visitor.account.one_time:
        raise PasswordChangeNeededError("the password must be changed first")
    return visitor


async def professional(visitor: Annotated[Visitor, Depends(settled)]) -> Visitor:
    """A professional; not an admin."""
    if visitor.admin:
        raise NotAllowedError("not for admins")
    return visitor


async def admin(visitor: Annotated[Visitor, Depends(settled)]) -> Visitor:
    """An admin."""
    if not visitor.admin:
        raise NotAllowedError("for admins")
    return visitor


async def on_case(
    request: Request, case_id: UUID, visitor: Annotated[Visitor, Depends(professional)]
) -> CaseVisitor:
    """The professional who has taken this case."""
    return await _at_case(parts_of(request), visitor, CaseId(case_id))


async def still_there(request: Request) -> Visitor:
    """Ask again, during a request that stays open, whether its professional may go on."""
    visitor = await _visitor(parts_of(request), visit_cookie(request), touch=False)
    return await professional(await settled(visitor))


async def still_on_case(request: Request, case_id: CaseId) -> CaseVisitor:
    """Ask again, during a request that stays open, whether its professional has the case."""
    return await _at_case(parts_of(request), await still_there(request), case_id)


SignedIn = Annotated[Visitor, Depends(signed_in)]
Settled = Annotated[Visitor, Depends(settled)]
Professional = Annotated[Visitor, Depends(professional)]
Admin = Annotated[Visitor, Depends(admin)]
OnCase = Annotated[CaseVisitor, Depends(on_case)]

Rule = Callable[..., Any]
RULES: tuple[Rule, ...] = (anybody, signed_in, settled, professional, admin, on_case)


def routes_for(rule: Rule) -> APIRouter:
    """A group of routes that stand under one rule."""
    return APIRouter(dependencies=[Depends(rule)], include_in_schema=False)


def refuse_open_routes(app: FastAPI) -> None:
    """Stop the program if there is a route without a rule; only our static files are open."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Mount) and context.path == STATIC:
            continue
        dependant = getattr(context.original_route, "dependant", None)
        if dependant is None or not any(call in RULES for call in _calls(dependant)):
            raise RuntimeError(f"{context.path} has no rule about who may use it")


def _calls(dependant: Dependant) -> Iterator[Rule | None]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


async def _visitor(parts: Parts, cookie: str | None, *, touch: bool) -> Visitor:
    async with parts.sessions.begin() as session:
        visit = await visits.resume(session, cookie, now=parts.now(), touch=touch)
        account = await professionals.account(session, visit.professional, keys=parts.keys)
    return Visitor(account=account, visit=visit)


async def _has_token(request: Request, visit: Visit) -> bool:
    token = request.headers.get(TOKEN_HEADER) or (await request.form()).get(TOKEN_FIELD)
    return isinstance(token, str) and visit.knows(token)


async def _at_case(parts: Parts, visitor: Visitor, case_id: CaseId) -> CaseVisitor:
    async with parts.sessions() as session:
        cases = await mine(session, professional=visitor.account.id)
    for case in cases:
        if case.case_id == case_id:
            return CaseVisitor(visitor=visitor, case=case)
    raise NotAllowedError("not on this case")
