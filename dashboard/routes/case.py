"""A case: its report and its chat, and everything that its professional can do there."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from core.errors import GoneError, NotAllowedError
from core.identifiers import CaseId
from dashboard import chat, evidence
from dashboard.access import (
    CaseVisitor,
    OnCase,
    Professional,
    on_case,
    parts_of,
    professional,
    routes_for,
    still_on_case,
)
from dashboard.chat import CONSENT, LONGEST, REPORT, Cursor
from dashboard.pages import page
from dashboard.reading import read_case
from dashboard.report import read_report
from referrals import handover
from referrals.handover import TakenError
from vault.disclose import Record
from vault.signing import ActorKey

SEE_OTHER = 303

before = routes_for(professional)
routes = routes_for(on_case)


@before.post("/cases/{case_id}/claim")
async def claim(request: Request, case_id: UUID, visitor: Professional) -> Response:
    """Take a waiting case; of two at the same time one gets it, the other is told."""
    parts = parts_of(request)
    try:
        async with parts.sessions.begin() as session:
            await handover.claim(
                session,
                CaseId(case_id),
                keys=parts.keys,
                helper=visitor.account,
                signer=ActorKey.of(visitor.visit.identity),
                now=parts.now(),
            )
    except TakenError:
        return page(
            request, "message.html", visitor=visitor, status=409, heading="desk.taken_already"
        )
    return _to_case(case_id)


@routes.get("/cases/{case_id}")
async def show_case(request: Request, here: OnCase) -> Response:
    """Report and chat."""
    return await _case_page(request, here)


@routes.post("/cases/{case_id}/reply")
async def reply(
    request: Request,
    here: OnCase,
    client_id: Annotated[UUID, Form()],
    text: Annotated[str, Form(max_length=2 * LONGEST)] = "",
) -> Response:
    """Send a message into the person's chat, once for each form that was shown."""
    words = "\n".join(text.splitlines()).strip()
    if not words or len(words) > LONGEST:
        return await _composer(request, here, draft=text, problem="desk.send.empty", status=422)
    parts = parts_of(request)
    try:
        async with parts.sessions.begin() as session:
            await handover.reply(
                session,
                here.case.case_id,
                keys=parts.keys,
                professional=here.visitor.account.id,
                signer=ActorKey.of(here.visitor.visit.identity),
                text=words,
                client_id=client_id,
                now=parts.now(),
            )
    except (GoneError, NotAllowedError):
        # The chat went to somebody else, or ended, since the form was shown.
        here = await still_on_case(request, here.case.case_id)
        return await _composer(request, here, draft=text, problem="desk.send.not_yours", status=409)
    if _is_partial(request):
        return await _composer(request, here, notice="desk.send.done", fresh=True)
    return _to_case(here.case.case_id)


@routes.post("/cases/{case_id}/give-back")
async def give_back(request: Request, here: OnCase) -> Response:
    """Let the program answer the chat again."""
    parts = parts_of(request)
    async with parts.sessions.begin() as session:
        await handover.give_back(
            session, here.case.case_id, keys=parts.keys, professional=here.visitor.account.id
        )
    return _to_case(here.case.case_id)


@routes.post("/cases/{case_id}/take")
async def take(request: Request, here: OnCase) -> Response:
    """Answer the chat oneself again."""
    parts = parts_of(request)
    async with parts.sessions.begin() as session:
        await handover.take_chat(
            session, here.case.case_id, keys=parts.keys, professional=here.visitor.account.id
        )
    return _to_case(here.case.case_id)


async def _case_page(request: Request, here: CaseVisitor, **desk: Any) -> Response:
    """The whole page; the disclosure is committed, and so written down, before it is shown."""
    parts, reader = parts_of(request), here.visitor
    async with parts.sessions.begin() as session:
        known = await handover.deliveries(
            session, here.case.case_id, professional=reader.account.id
        )
        records = await read_case(session, parts, here)
    later = [record.content for record in _of_kind(records, CONSENT)]
    reports = [
        read_report(record.content, parts.questionnaire, later=later)
        for record in _of_kind(records, REPORT)
    ]
    return page(
        request,
        "case.html",
        report=reports[-1] if reports else None,
        earlier=reports[-2::-1],
        files=evidence.files(records),
        refusals=evidence.refusals(records),
        messages=chat.messages(records, reader=reader.account.id, known=known),
        cursor=Cursor(
            record=records[-1].id if records else chat.BEGINNING, owner=here.case.owner or ""
        ),
        visitor=here.visitor,
        **chat.desk(here.case, **desk),
    )


async def _composer(request: Request, here: CaseVisitor, **desk: Any) -> Response:
    """The foot of the chat alone for htmx, the whole page for a browser without it."""
    if _is_partial(request):
        return page(request, "desk.html", visitor=here.visitor, **chat.desk(here.case, **desk))
    return await _case_page(request, here, **desk)


def _of_kind(records: list[Record], kind: str) -> Iterator[Record]:
    return (record for record in records if record.kind == kind)


def _is_partial(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _to_case(case_id: UUID) -> Response:
    return RedirectResponse(f"/cases/{case_id}#chat", SEE_OTHER)
