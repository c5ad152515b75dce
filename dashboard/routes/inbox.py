"""The inbox: what waits, by urgency, and what I have taken; it follows every change by itself."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dashboard.access import (
    REFUSALS,
    Professional,
    Visitor,
    parts_of,
    professional,
    routes_for,
    still_there,
)
from dashboard.hub import Hub, wait
from dashboard.pages import page, pages_of
from referrals.cases import WAITING_CHANNEL
from referrals.handover import mine, waiting

# The badges count minutes.
AGAIN_SECONDS = 60

routes = routes_for(professional)


@routes.get("/inbox")
async def show_inbox(request: Request, visitor: Professional) -> Response:
    """Both lists."""
    return page(request, "inbox.html", visitor=visitor, **await _lists(request, visitor))


@routes.get("/inbox/live", response_class=EventSourceResponse)
async def follow_inbox(request: Request, visitor: Professional) -> AsyncIterator[ServerSentEvent]:
    """Both lists anew whenever something changes, and each minute for the clocks."""
    hub: Hub = request.app.state.hub
    pages, language = pages_of(request), pages_of(request).language(request)
    lists = await _lists(request, visitor)
    with suppress(*REFUSALS):
        while hub.open:
            cases = (str(case.case_id) for case in lists["mine"])
            # Watch first, then read: a change in between wakes us again.
            with hub.watch(WAITING_CHANNEL, *cases) as changed:
                lists = await _lists(request, visitor)
                now = parts_of(request).now()
                html = pages.render("lists.html", language, visitor=visitor, now=now, **lists)
                yield ServerSentEvent(raw_data=html)
                await wait(changed, AGAIN_SECONDS)
            visitor = await still_there(request)


async def _lists(request: Request, visitor: Visitor) -> dict[str, Any]:
    parts = parts_of(request)
    async with parts.sessions() as session:
        return {
            "waiting": await waiting(session, keys=parts.keys, helper=visitor.account),
            "mine": await mine(session, professional=visitor.account.id),
        }
