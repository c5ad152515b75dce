"""What will be erased when, and the holds that stop it; for admins, who read no case."""

import contextlib
from typing import Annotated
from uuid import UUID

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotAllowedError
from core.identifiers import CaseId
from dashboard.access import Admin, Visitor, admin, parts_of, routes_for
from dashboard.pages import page
from referrals import retention
from referrals.professionals import accounts
from referrals.tables import CaseRow
from vault import holds
from vault.signing import ActorKey

SEE_OTHER = 303
LONGEST_REASON = 300

routes = routes_for(admin)


@routes.get("/keeping")
async def show_keeping(request: Request, visitor: Admin) -> Response:
    """The list."""
    return await _keeping_page(request, visitor)


@routes.post("/keeping/hold")
async def hold(
    request: Request,
    visitor: Admin,
    reference: Annotated[str, Form(min_length=1, max_length=20)],
    reason: Annotated[str, Form(min_length=1, max_length=LONGEST_REASON)],
) -> Response:
    """Put a hold on a case, at once."""
    parts = parts_of(request)
    try:
        async with parts.sessions.begin() as session:
            await holds.place(
                session,
                await _case(session, reference),
                by=visitor.account.id,
                reason=reason,
                keys=parts.keys,
                signer=ActorKey.of(visitor.visit.identity),
                now=parts.now(),
            )
    except NotAllowedError:
        return await _keeping_page(request, visitor, problem="desk.keep.no_case", status=422)
    return RedirectResponse("/keeping", SEE_OTHER)


@routes.post("/keeping/{case_id}/release")
async def release(request: Request, visitor: Admin, case_id: UUID) -> Response:
    """Ask that a hold ends, or agree to what another admin asked; one that ended has ended."""
    signer = ActorKey.of(visitor.visit.identity)
    with contextlib.suppress(NotAllowedError):
        async with parts_of(request).sessions.begin() as session:
            await holds.release(session, CaseId(case_id), by=visitor.account.id, signer=signer)
    return RedirectResponse("/keeping", SEE_OTHER)


async def _case(session: AsyncSession, reference: str) -> CaseId:
    named = select(CaseRow.id).where(CaseRow.reference == reference.strip().upper())
    case_id = await session.scalar(named)
    if case_id is None:
        raise NotAllowedError("no such case")
    return CaseId(case_id)


async def _keeping_page(
    request: Request, visitor: Visitor, *, problem: str | None = None, status: int = 200
) -> Response:
    parts = parts_of(request)
    async with parts.sessions() as session:
        ending = await retention.endings(session)
        held = await holds.holds(session, keys=parts.keys)
        names = {one.id: one.profile.name for one in await accounts(session, keys=parts.keys)}
    return page(
        request,
        "keeping.html",
        visitor=visitor,
        status=status,
        back="/keeping",
        endings=ending,
        holds=held,
        names=names,
        longest=LONGEST_REASON,
        problem=problem,
    )
