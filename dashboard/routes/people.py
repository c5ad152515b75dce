"""What an admin does: enrol people, and see how far the languages have been reviewed."""

import io
from typing import Annotated

import segno
from fastapi import Form, Request, Response
from markupsafe import Markup

from dashboard.access import Admin, Visitor, admin, parts_of, routes_for
from dashboard.pages import page
from referrals.accounts import SERVICES, Enrolment, Profile, Role
from referrals.professionals import KnownLoginError, accounts, enrol

DOMAINS = ("chat", "dashboard")

routes = routes_for(admin)


@routes.get("/people")
async def show_people(request: Request, visitor: Admin) -> Response:
    """Everybody who is enrolled, and the form to enrol another."""
    return await _people_page(request, visitor)


@routes.post("/people")
async def enrol_somebody(  # noqa: PLR0917 - the fields of the form
    request: Request,
    visitor: Admin,
    name: Annotated[str, Form(min_length=1, max_length=120)],
    email: Annotated[str, Form(min_length=3, max_length=254)],
    role: Annotated[Role, Form()],
    services: Annotated[list[str] | None, Form()] = None,
    languages: Annotated[list[str] | None, Form()] = None,
    child_trained: Annotated[bool, Form()] = False,  # noqa: FBT002 - a tick of the form
) -> Response:
    """Enrol, and show what must be handed over: this once, it can't be shown again."""
    parts = parts_of(request)
    profile = Profile(
        name=name.strip(),
        email=email.strip(),
        role=role,
        services=tuple(service for service in SERVICES if service in (services or ())),
        languages=tuple(code for code in parts.catalogs.languages() if code in (languages or ())),
        child_trained=child_trained,
    )
    try:
        async with parts.sessions.begin() as session:
            enrolment = await enrol(
                session, keys=parts.keys, profile=profile, now=parts.now(), cost=parts.cost
            )
    except KnownLoginError:
        return await _people_page(request, visitor, problem="desk.enrol.known", status=409)
    return await _people_page(request, visitor, enrolment=enrolment)


@routes.get("/languages")
async def show_languages(request: Request, visitor: Admin) -> Response:
    """Which translations a native practitioner has approved."""
    catalogs = parts_of(request).catalogs
    languages = [
        (catalogs.language(code), [(domain, catalogs.review(code, domain)) for domain in DOMAINS])
        for code in catalogs.languages()
    ]
    return page(request, "languages.html", visitor=visitor, languages=languages)


async def _people_page(
    request: Request,
    visitor: Visitor,
    *,
    enrolment: Enrolment | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    parts = parts_of(request)
    async with parts.sessions() as session:
        everybody = await accounts(session, keys=parts.keys)
    return page(
        request,
        "people.html",
        visitor=visitor,
        status=status,
        accounts=everybody,
        services=SERVICES,
        enrolment=enrolment,
        qr=_qr(enrolment.totp_uri) if enrolment else None,
        problem=problem,
    )


def _qr(uri: str) -> Markup:
    """A QR code as SVG; the only markup that does not come from a template."""
    svg = io.BytesIO()
    segno.make(uri, error="m").save(
        svg, kind="svg", xmldecl=False, svgns=False, omitsize=True, nl=False, border=2
    )
    return Markup(svg.getvalue().decode())  # noqa: S704 - made here, from our own secret
