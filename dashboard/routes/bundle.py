"""The bundle for a court: choosing what goes, the password once more, and the sealed file.

Nothing is sent before the export is written into the custody log and signed by whoever exports.
The file is made while it is taken: its length is known, so the browser shows how far it is.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import StreamingResponse

from core.errors import GoneError
from core.identifiers import RecordId
from dashboard.access import CaseVisitor, OnCase, on_case, parts_of, routes_for
from dashboard.chat import CONSENT, MESSAGE
from dashboard.chronicle import Chronicler
from dashboard.evidence import read_file
from dashboard.pages import page, pages_of
from dashboard.parts import Parts
from dashboard.proof import prove
from dashboard.reading import read_case
from referrals.professionals import check_password
from vault.age.classic import parse_recipient
from vault.bundle.agreed import consents, require_agreed, standing
from vault.bundle.index import kind_id
from vault.bundle.make import Maker, Order
from vault.bundle.material import REASONS, WITHOUT_CONSENT, NotAgreedError
from vault.disclose import Record
from vault.errors import SealError, StoreError, TamperedError
from vault.preserve import MANIFEST

log = logging.getLogger(__name__)

routes = routes_for(on_case)

FIELD = "withhold-"
CHOICES = tuple(reason for reason in REASONS if reason != WITHOUT_CONSENT)
SNIPPET = 80
UNPROCESSABLE, CONFLICT = 422, 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A record that may be held back, by what it can be told from others."""

    record: Record
    kind: str
    hint: str


@routes.get("/cases/{case_id}/bundle")
async def show_bundle(request: Request, here: OnCase) -> Response:
    """The form, or why nothing may be handed over."""
    return await _bundle_page(request, here)


@routes.post("/cases/{case_id}/bundle")
async def make_bundle(
    request: Request,
    here: OnCase,
    recipient: Annotated[str, Form(max_length=4000)],
    password: Annotated[str, Form(max_length=200)],
    asked: Annotated[bool, Form()] = False,  # noqa: FBT002 - a tick in a form
) -> Response:
    """Make the bundle and send it."""
    parts = parts_of(request)
    kept: dict[str, Any] = {"recipient": recipient, "asked": asked}
    try:
        key = parse_recipient(recipient.strip())
    except SealError:
        return await _refused(request, here, "desk.bundle.wrong_key", **kept)

    async def check() -> None:
        await check_password(
            parts.sessions,
            keys=parts.keys,
            professional=here.visitor.account.id,
            password=password,
        )

    problem = await prove(parts, here.visitor, check)
    if problem is not None:
        return await _refused(request, here, problem, **kept)
    order = Order(
        case_id=here.case.case_id,
        reference=here.case.reference,
        recipient=key,
        language=pages_of(request).language(request),
        version=version("backup-crsv"),
        reader=here.visitor.account.id,
        identity=here.visitor.visit.identity,
        withheld=await _withheld(request),
        asked_first=asked,
    )
    try:
        parcel = await _maker(parts).make(order, now=parts.now())
    except NotAgreedError as error:
        return await _refused(request, here, f"desk.bundle.refused.{error.reason}", **kept)
    except (GoneError, SealError, StoreError, TamperedError) as error:
        log.error("no bundle was made: %s", error)  # noqa: TRY400 - the message says where
        return await _refused(request, here, "desk.bundle.damaged", status=CONFLICT, **kept)
    return StreamingResponse(
        parcel.blocks(),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{parcel.name}"',
            "Content-Encoding": "identity",
            "Content-Length": str(parcel.size),
        },
    )


def _maker(parts: Parts) -> Maker:
    return Maker(
        sessions=parts.sessions,
        keys=parts.keys,
        store=parts.store,
        catalogs=parts.catalogs,
        chronicle=Chronicler(parts.catalogs, parts.questionnaire),
        known=parts.known,
    )


async def _withheld(request: Request) -> dict[RecordId, str]:
    """The reasons in the form, by record; what is no reason withholds nothing."""
    fields = (await request.form()).items()
    return {
        RecordId(int(number)): reason
        for name, reason in fields
        if name.startswith(FIELD)
        and (number := name.removeprefix(FIELD)).isdecimal()
        and isinstance(reason, str)
        and reason in CHOICES
    }


async def _refused(
    request: Request, here: CaseVisitor, problem: str, *, status: int = UNPROCESSABLE, **kept: Any
) -> Response:
    return await _bundle_page(request, here, problem=problem, status=status, **kept)


async def _bundle_page(
    request: Request,
    here: CaseVisitor,
    *,
    problem: str | None = None,
    status: int = 200,
    recipient: str = "",
    asked: bool = False,
) -> Response:
    parts, visitor = parts_of(request), here.visitor
    async with parts.sessions.begin() as session:
        records = await read_case(session, parts, here)
    told = consents(((one.id, one.kind, one.content) for one in records), parts.catalogs)
    return page(
        request,
        "bundle.html",
        visitor=visitor,
        status=status,
        case=here.case,
        back=f"/cases/{here.case.case_id}/bundle",
        problem=problem,
        refusal=_refusal(standing(told)),
        choices=_choices(records),
        reasons=CHOICES,
        field=FIELD,
        recipient=recipient,
        asked=asked,
    )


def _refusal(holding: frozenset[str]) -> str | None:
    """Why nothing may be handed over, or only after asking; None if it may."""
    try:
        require_agreed(holding, asked_first=False)
    except NotAgreedError as error:
        return error.reason
    return None


def _choices(records: Sequence[Record]) -> list[Choice]:
    """Each record but consents; a file stands there by what was noted of it."""
    return [
        Choice(record=record, kind=kind_id(record.kind), hint=_hint(record))
        for record in records
        if record.kind != CONSENT
    ]


def _hint(record: Record) -> str:
    if record.kind == MESSAGE:
        return record.content.decode(errors="replace")[:SNIPPET]
    if record.kind == MANIFEST:
        file = read_file(record)
        return " ".join(word for word in (file.name, file.mime) if word)
    return ""
