"""What an admin does: enrol people, and see how far the languages have been reviewed."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Request, Response

from core.identifiers import ProfessionalId
from dashboard import visits
from dashboard.access import Admin, Visitor, admin, parts_of, routes_for
from dashboard.pages import page
from dashboard.qr import qr_code
from referrals.accounts import SERVICES, Enrolment, Profile, Role
from referrals.professionals import KnownLoginError, accounts, enrol
from referrals.renewal import start_anew
from vault import ledger

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


@routes.post("/people/anew")
async def start_sign_in_anew(
    request: Request, visitor: Admin, professional: Annotated[UUID, Form()]
) -> Response:
    """Give somebody who lost theirs a new sign-in: it opens no case, and ends their visits."""
    parts, whom = parts_of(request), ProfessionalId(professional)
    if whom == visitor.account.id:
        return await _people_page(request, visitor, problem="desk.anew.self", status=409)
    async with parts.sessions.begin() as session:
        enrolment = await start_anew(session, whom, keys=parts.keys, cost=parts.cost)
        await visits.end_all(session, whom)
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
        check = await ledger.last_check(session)
    return page(
        request,
        "people.html",
        visitor=visitor,
        status=status,
        accounts=everybody,
        check=check,
        services=SERVICES,
        enrolment=enrolment,
        qr=qr_code(enrolment.totp_uri) if enrolment else None,
        problem=problem,
    )
