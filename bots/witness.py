"""The gateway's door for witnesses: those whom the deployment has named, and nobody else."""

import logging
import time
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response

from core.database import Sessions
from vault.errors import TamperedError
from vault.note import Verifier, lines_of
from vault.vouchers import add_cosignature
from vault.witness import offer

log = logging.getLogger(__name__)

LARGEST = 16 * 1024


def witness_routes(sessions: Sessions, witnesses: Sequence[Verifier]) -> APIRouter:
    """Give a witness the newest checkpoint, and take its line under it."""
    routes, known = APIRouter(), {witness.name: witness for witness in witnesses}

    @routes.post("/log/checkpoint")
    async def checkpoint(request: Request) -> Response:
        asked = await _text(request)
        try:
            async with sessions() as session:
                answer = await offer(session, asked, witnesses=witnesses, at=int(time.time()))
        except TamperedError as error:
            log.warning("a witness was refused: %s", error)
            raise HTTPException(403) from None
        return Response(answer, media_type="text/plain")

    @routes.post("/log/cosignature/{size}")
    async def cosignature(request: Request, size: int) -> Response:
        try:
            lines = lines_of(f"\n\n{await _text(request)}")
            async with sessions.begin() as session:
                for name in known.keys() & lines.keys():
                    await add_cosignature(session, size, known[name], lines[name])
        except TamperedError as error:
            log.warning("a cosignature was refused: %s", error)
            raise HTTPException(403) from None
        return Response(status_code=204)

    return routes


async def _text(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    return body.decode(errors="replace")
