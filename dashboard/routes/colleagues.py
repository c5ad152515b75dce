"""The people on a case: who they are, letting a colleague in or go, leaving."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import ProfessionalId
from dashboard.access import CaseVisitor, OnCase, on_case, parts_of, routes_for
from dashboard.chat import CONSENT, REPORT
from dashboard.pages import page
from dashboard.parts import Parts
from dashboard.reading import read_case
from referrals import colleagues, retention
from referrals.colleagues import Agreed, NotAgreedError, NotTrainedError
from referrals.professionals import SignedIn, account
from vault.colleagues import LastHolderError

SEE_OTHER = 303

routes = routes_for(on_case)

Colleague = Annotated[UUID, Form()]


@routes.get("/cases/{case_id}/people")
async def show_people(request: Request, here: OnCase) -> Response:
    """Who is on the case, and who could be let in."""
    return await _people_page(request, here)


@routes.post("/cases/{case_id}/people/add")
async def add(request: Request, here: OnCase, colleague: Colleague) -> Response:
    """Let a colleague in, if the person agreed to share with a service of theirs."""
    parts = parts_of(request)
    try:
        async with parts.sessions.begin() as session:
            whom = await account(session, ProfessionalId(colleague), keys=parts.keys)
            await colleagues.add(
                session,
                here.case.case_id,
                by=_signed_in(here),
                colleague=whom,
                agreed=await _agreed(session, parts, here),
                now=parts.now(),
            )
    except NotAgreedError:
        return await _people_page(request, here, problem="desk.on_case.not_agreed", status=409)
    except NotTrainedError:
        return await _people_page(request, here, problem="desk.on_case.not_trained", status=409)
    return RedirectResponse(f"/cases/{here.case.case_id}/people", SEE_OTHER)


@routes.post("/cases/{case_id}/people/remove")
async def remove(request: Request, here: OnCase, colleague: Colleague) -> Response:
    """Let a colleague go, or leave: what is new is out of their reach."""
    parts, me = parts_of(request), here.visitor.account.id
    try:
        async with parts.sessions.begin() as session:
            await colleagues.remove(
                session,
                here.case.case_id,
                by=_signed_in(here),
                colleague=ProfessionalId(colleague),
                keys=parts.keys,
                escrow=parts.escrow,
                now=parts.now(),
            )
    except LastHolderError:
        return await _people_page(request, here, problem="desk.on_case.last", status=409)
    left = colleague == me
    return RedirectResponse("/inbox" if left else f"/cases/{here.case.case_id}/people", SEE_OTHER)


async def _people_page(
    request: Request, here: CaseVisitor, *, problem: str | None = None, status: int = 200
) -> Response:
    parts, case_id = parts_of(request), here.case.case_id
    values: dict[str, Any] = {}
    async with parts.sessions.begin() as session:
        agreed = await _agreed(session, parts, here)
        values["members"] = await colleagues.members(session, case_id, keys=parts.keys)
        values["candidates"] = await colleagues.candidates(
            session, case_id, agreed, keys=parts.keys
        )
        values["erase_at"] = await retention.ending_of(session, case_id)
    return page(
        request,
        "colleagues.html",
        visitor=here.visitor,
        status=status,
        case=here.case,
        back=f"/cases/{case_id}/people",
        problem=problem,
        **values,
    )


async def _agreed(session: AsyncSession, parts: Parts, here: CaseVisitor) -> Agreed:
    """What the person agreed to; read for this, and so written down as read."""
    return Agreed.from_records(await read_case(session, parts, here, kinds=(REPORT, CONSENT)))


def _signed_in(here: CaseVisitor) -> SignedIn:
    return SignedIn(account=here.visitor.account, identity=here.visitor.visit.identity)
