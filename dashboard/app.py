"""The application: routes, headers, and what a person is shown when something is not right."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from core.errors import GoneError, NotAllowedError
from dashboard.access import STATIC, PasswordChangeNeededError, refuse_open_routes
from dashboard.headers import HEADERS, SafeHeaders
from dashboard.hub import Hub
from dashboard.pages import Pages, page
from dashboard.parts import Parts
from dashboard.routes import (
    anchors,
    bundle,
    case,
    colleagues,
    doors,
    evidence,
    feedback,
    inbox,
    keeping,
    live,
    log,
    passkeys,
    people,
    receipt,
    security,
)
from dashboard.visits import SignedOutError

LARGEST_BODY = 64 * 1024
SEE_OTHER = 303
QUIET = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False)


def create_app(parts: Parts) -> FastAPI:
    """Put the dashboard together.

    Raises:
        RuntimeError: a route has no rule about who may use it.
    """
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        telemetry=QUIET,
        max_body_size=LARGEST_BODY,
        lifespan=_listening,
        middleware=[
            Middleware(SafeHeaders, secure=parts.origin.secure),
            Middleware(TrustedHostMiddleware, allowed_hosts=parts.origin.hosts, www_redirect=False),
            Middleware(GZipMiddleware),
        ],
    )
    app.state.parts, app.state.pages = parts, Pages(parts.catalogs)
    app.state.hub = Hub(parts.database_url)
    app.mount(STATIC, StaticFiles(directory=Path(__file__).parent / "static"))
    for routes in (
        doors.open_to_all,
        doors.inside,
        inbox.routes,
        case.before,
        case.routes,
        live.routes,
        evidence.routes,
        bundle.routes,
        receipt.routes,
        anchors.routes,
        people.routes,
        colleagues.routes,
        keeping.routes,
        log.routes,
        feedback.routes,
        passkeys.open_to_all,
        passkeys.inside,
        security.routes,
    ):
        app.include_router(routes)
    refuse_open_routes(app)
    _explain_errors(app)
    return app


@contextlib.asynccontextmanager
async def _listening(app: FastAPI) -> AsyncIterator[None]:
    hub: Hub = app.state.hub
    listening = asyncio.create_task(hub.run())
    try:
        yield
    finally:
        hub.close()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def _explain_errors(app: FastAPI) -> None:
    app.add_exception_handler(SignedOutError, _to_sign_in)
    app.add_exception_handler(PasswordChangeNeededError, _to_password)
    for unseen in (NotAllowedError, GoneError):
        app.add_exception_handler(unseen, _not_found)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _by_status)
    app.add_exception_handler(Exception, _broken)


async def _to_sign_in(request: Request, _: Exception) -> Response:
    return _elsewhere(request, "/sign-in")


async def _to_password(request: Request, _: Exception) -> Response:
    return _elsewhere(request, "/password")


def _elsewhere(request: Request, address: str) -> Response:
    """Lead a page there; tell a fragment's request that its page is over."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, SEE_OTHER)


async def _not_found(request: Request, _: Exception) -> Response:
    return page(request, "message.html", status=404, heading="desk.not_found")


async def _malformed(request: Request, _: Exception) -> Response:
    """Without a word of what was sent."""
    return page(request, "message.html", status=422, heading="desk.malformed")


async def _by_status(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    known = {404: "desk.not_found", 405: "desk.not_found"}
    return page(request, "message.html", status=status, heading=known.get(status, "desk.malformed"))


async def _broken(request: Request, _: Exception) -> Response:
    """Made outside of every middleware, so it sets the headers by itself."""
    response = page(request, "message.html", status=500, heading="desk.broken")
    response.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return response
