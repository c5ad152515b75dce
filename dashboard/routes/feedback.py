"""What an admin sees of how the help was, and lets a professional get new cases again."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from core.identifiers import ProfessionalId
from dashboard.access import Admin, admin, parts_of, routes_for
from dashboard.pages import page
from referrals.feedback import lift_hold, standings
from referrals.professionals import accounts

SEE_OTHER = 303

routes = routes_for(admin)


@routes.get("/feedback")
async def show_feedback(request: Request, visitor: Admin) -> Response:
    """What was answered about each professional, and who is held back."""
    parts = parts_of(request)
    async with parts.sessions() as session:
        found = await standings(session)
        names = {one.id: one.profile for one in await accounts(session, keys=parts.keys)}
    rows = [(standing, names.get(standing.professional)) for standing in found]
    return page(request, "feedback.html", visitor=visitor, rows=rows)


@routes.post("/feedback/lift")
async def lift(
    request: Request,
    visitor: Admin,  # noqa: ARG001 - the door
    professional: Annotated[UUID, Form()],
) -> Response:
    """The answers were looked into."""
    async with parts_of(request).sessions.begin() as session:
        await lift_hold(session, ProfessionalId(professional))
    return RedirectResponse("/feedback", SEE_OTHER)
