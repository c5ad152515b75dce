"""The gateway's web side: providers' webhooks, and the simulator where a deployment allows it.

Invariants: a webhook is answered after its commit; a forged one is refused and leaves a line in
the log; no body, address or header of it ever does.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI, HTTPException, Request, Response
from sqlalchemy import text

from bots.adapter import Adapter, ForgedError, MalformedError, Webhook
from bots.inbox import ingest, is_settled
from bots.parts import Parts
from bots.simulator.adapter import Simulator
from bots.simulator.routes import routes as simulator_routes
from bots.telegram.adapter import Telegram
from bots.telegram.polling import poll

log = logging.getLogger(__name__)

LARGEST_WEBHOOK = 256 * 1024
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def create_gateway(parts: Parts, *, public_url: str | None, simulator: bool) -> FastAPI:
    """The application; it polls Telegram while it runs, if Telegram is among its channels."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for adapter in parts.adapters.values():
                if isinstance(adapter, Telegram):
                    await stack.enter_async_context(_polling(parts, adapter))
            yield

    app = FastAPI(
        title="BackUp gateway", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )

    @app.get("/health")
    async def health() -> dict[str, bool]:
        async with parts.sessions() as session:
            await session.execute(text("SELECT 1"))
        return {"ready": True}

    if "sms" in parts.adapters and public_url is not None:
        _mount_twilio(app, parts, parts.adapters["sms"], public_url)
    if simulator:
        simulated = [one for one in parts.adapters.values() if isinstance(one, Simulator)]
        app.include_router(
            simulator_routes(simulated, partial(ingest, parts), partial(is_settled, parts))
        )
    return app


def _mount_twilio(app: FastAPI, parts: Parts, adapter: Adapter, public_url: str) -> None:
    @app.post("/sms/twilio")
    @app.post("/sms/twilio/status")
    async def twilio(request: Request) -> Response:
        body = await _read(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = f"?{request.url.query}" if request.url.query else ""
        url = public_url.rstrip("/") + request.url.path + query
        try:
            adapter.verify(Webhook(url=url, headers=headers, body=body))
            arrived = adapter.parse(body)
        except ForgedError:
            log.warning("refused a forged webhook for %s", adapter.name)
            raise HTTPException(403) from None
        except MalformedError:
            log.warning("refused a malformed webhook for %s", adapter.name)
            raise HTTPException(400) from None
        await ingest(parts, adapter, arrived)
        return Response(EMPTY_TWIML, media_type="text/xml")


async def _read(request: Request) -> bytes:
    """The body, as long as it is no larger than any provider's."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_WEBHOOK:
            raise HTTPException(413)
    return body


@asynccontextmanager
async def _polling(parts: Parts, adapter: Telegram) -> AsyncIterator[None]:
    task = asyncio.create_task(poll(adapter, lambda arrived: ingest(parts, adapter, arrived)))
    task.add_done_callback(_note_end)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await adapter.close()


def _note_end(task: asyncio.Task[None]) -> None:
    """Polling ends by itself only over a wrong token; the other channels go on."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("Telegram is not polled any more: %s", error)
