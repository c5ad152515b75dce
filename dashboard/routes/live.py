"""The open chat: what is new is pushed, and after any break it goes on where the page stopped."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from core.identifiers import RecordId
from dashboard import chat
from dashboard.access import (
    REFUSALS,
    CaseVisitor,
    OnCase,
    on_case,
    parts_of,
    routes_for,
    still_on_case,
)
from dashboard.chat import BUBBLES, Cursor
from dashboard.hub import Hub, wait
from dashboard.pages import pages_of
from dashboard.reading import read_case
from referrals import handover
from referrals.handover import Delivery

# Whether the professional may still read is asked at each change, and at least this often.
AGAIN_SECONDS = 20

routes = routes_for(on_case)


@routes.get("/cases/{case_id}/live", response_class=EventSourceResponse)
async def follow_chat(
    request: Request,
    here: OnCase,
    after: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """New messages, changed deliveries and a changed owner, as fragments of the page."""
    hub: Hub = request.app.state.hub
    pages, language = pages_of(request), pages_of(request).language(request)
    cursor, known = Cursor.parse(last_event_id or after), dict[RecordId, Delivery]()
    # Something at once: a browser learns that it is connected by the first bytes.
    yield ServerSentEvent(comment="")
    with hub.watch(str(here.case.case_id)) as changed, suppress(*REFUSALS):
        while hub.open:
            changed.clear()
            changes, cursor, known = await _changes(request, here, cursor, known)
            if changes:
                html = pages.render("changes.html", language, visitor=here.visitor, **changes)
                yield ServerSentEvent(raw_data=html, id=str(cursor))
            await wait(changed, AGAIN_SECONDS)
            here = await still_on_case(request, here.case.case_id)


async def _changes(
    request: Request, here: CaseVisitor, cursor: Cursor, known: Mapping[RecordId, Delivery]
) -> tuple[dict[str, Any] | None, Cursor, dict[RecordId, Delivery]]:
    """What this page has not shown yet, if anything, and where it stands afterwards."""
    parts, reader, case = parts_of(request), here.visitor, here.case
    async with parts.sessions.begin() as session:
        latest = await chat.newest(session, case.case_id)
        deliveries = await handover.deliveries(
            session, case.case_id, professional=reader.account.id
        )
        fresh = latest > cursor.record and await read_case(
            session, parts, here, after=cursor.record, kinds=BUBBLES
        )
    messages = chat.messages(fresh or (), reader=reader.account.id, known=deliveries)
    new = [message.id for message in messages]
    moved = [
        (id_, delivery)
        for id_, delivery in deliveries.items()
        if id_ not in new and known.get(id_) != delivery
    ]
    after = Cursor(record=max(cursor.record, latest, *new), owner=case.owner or "")
    changed = after.owner != cursor.owner
    if not (messages or moved or changed):
        return None, after, deliveries
    changes = {"messages": messages, "deliveries": moved, "owner_changed": changed}
    return changes | chat.desk(case), after, deliveries
