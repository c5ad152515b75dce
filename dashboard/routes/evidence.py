"""The files of a case: a page for each, copies to look at, and originals to take along.

Nothing of a file is sent before it is asked for. Every look at a copy and every original is a
custody entry, signed by whoever asked and committed before the first byte goes out. A copy is made
on demand in the sandbox, and forgotten.
"""

import logging
from typing import Annotated

from fastapi import Path, Request, Response
from fastapi.responses import StreamingResponse

from core.errors import GoneError
from core.identifiers import RecordId
from dashboard import evidence
from dashboard.access import CaseVisitor, OnCase, on_case, parts_of, routes_for
from dashboard.evidence import FILE_KINDS, File
from dashboard.headers import ALONE
from dashboard.pages import page
from dashboard.reading import read_case
from vault.derivatives.make import COPIES, Copy, NoSandboxError, UnreadableError, make, ready
from vault.entries import Action
from vault.errors import SealError
from vault.files import OpenFile, open_file

log = logging.getLogger(__name__)

routes = routes_for(on_case)

FileId = Annotated[int, Path(ge=1, le=2**63 - 1)]
UNPROCESSABLE = 422


@routes.get("/cases/{case_id}/files/{file_id}")
async def show_file(request: Request, here: OnCase, file_id: FileId) -> Response:
    """What is known of a file, and, behind a veil, a copy of it."""
    file = await _file(request, here, file_id)
    return page(
        request,
        "file.html",
        visitor=here.visitor,
        case=here.case,
        file=file,
        blind=bool(file.copies) and await ready() is not None,
    )


@routes.get("/cases/{case_id}/files/{file_id}/{copy}")
async def show_copy(request: Request, here: OnCase, file_id: FileId, copy: Copy) -> Response:
    """A copy to look at or listen to, without anything that the original says of itself."""
    file = await _file(request, here, file_id)
    if copy not in file.copies:
        raise GoneError("there is no such copy")
    opened = await _opened(request, here, file.id, Action.VIEW)
    try:
        made = await make(copy, file.mime, opened.write_to)
    except (NoSandboxError, UnreadableError, SealError) as error:
        log.warning("no copy of file %s: %s", file.id, error)
        return Response(status_code=UNPROCESSABLE, headers=ALONE)
    return Response(made, media_type=COPIES[copy].mime, headers=ALONE)


@routes.post("/cases/{case_id}/files/{file_id}/original")
async def take_original(request: Request, here: OnCase, file_id: FileId) -> Response:
    """The bytes as they were delivered, to be kept by the browser and never shown in it."""
    file = await _file(request, here, file_id)
    opened = await _opened(request, here, file.id, Action.EXPORT)
    name = f"{here.case.reference}-{file.id}.bin"
    return StreamingResponse(
        opened.chunks(),
        media_type="application/octet-stream",
        headers={
            **ALONE,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Encoding": "identity",
            "Content-Length": str(file.size),
        },
    )


async def _file(request: Request, here: CaseVisitor, file_id: int) -> File:
    parts = parts_of(request)
    async with parts.sessions.begin() as session:
        records = await read_case(session, parts, here, kinds=FILE_KINDS)
    for file in evidence.files(records):
        if file.id == file_id:
            return file
    raise GoneError("there is no such file")


async def _opened(
    request: Request, here: CaseVisitor, file_id: RecordId, action: Action
) -> OpenFile:
    parts, reader = parts_of(request), here.visitor
    async with parts.sessions.begin() as session:
        return await open_file(
            session,
            parts.store,
            here.case.case_id,
            file_id,
            reader=reader.account.id,
            identity=reader.visit.identity,
            action=action,
        )
