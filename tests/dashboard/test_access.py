"""Deny by default: every route, as everybody."""

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from core.errors import ConfigurationError
from core.identifiers import CaseId
from dashboard.access import refuse_open_routes
from dashboard.app import create_app
from dashboard.parts import Origin
from referrals.accounts import Enrolment
from tests.support.desk import PASSWORD, Desk, form_token

# Who may use what. A route that is missing here fails the test, whoever added it.
NOBODY, ADMIN, OTHER, TAKER = (
    "nobody",
    "admin",
    "a professional not on the case",
    "its professional",
)
EVERYBODY = {NOBODY, ADMIN, OTHER, TAKER}
SIGNED_IN = EVERYBODY - {NOBODY}
ALLOWED = {
    "GET /health": EVERYBODY,
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "POST /language": EVERYBODY,
    "POST /leave": EVERYBODY,
    "GET /receipt": EVERYBODY,
    "POST /receipt": EVERYBODY,
    "GET /": SIGNED_IN,
    "GET /here": SIGNED_IN,
    "GET /password": SIGNED_IN,
    "POST /password": SIGNED_IN,
    "POST /sign-out": SIGNED_IN,
    "GET /inbox": {OTHER, TAKER},
    "GET /inbox/live": {OTHER, TAKER},
    "POST /cases/{case_id}/claim": {OTHER, TAKER},
    "GET /cases/{case_id}": {TAKER},
    "GET /cases/{case_id}/live": {TAKER},
    "POST /cases/{case_id}/reply": {TAKER},
    "POST /cases/{case_id}/give-back": {TAKER},
    "POST /cases/{case_id}/take": {TAKER},
    "GET /cases/{case_id}/bundle": {TAKER},
    "POST /cases/{case_id}/bundle": {TAKER},
    "GET /cases/{case_id}/people": {TAKER},
    "POST /cases/{case_id}/people/add": {TAKER},
    "POST /cases/{case_id}/people/remove": {TAKER},
    "POST /sign-in/passkey/begin": EVERYBODY,
    "POST /sign-in/passkey": EVERYBODY,
    "GET /security": SIGNED_IN,
    "POST /security/sign-out-others": SIGNED_IN,
    "POST /security/authenticator": SIGNED_IN,
    "POST /security/authenticator/use": SIGNED_IN,
    "POST /security/passkeys/begin": SIGNED_IN,
    "POST /security/passkeys": SIGNED_IN,
    "POST /security/passkeys/rename": SIGNED_IN,
    "POST /security/passkeys/remove": SIGNED_IN,
    "GET /keeping": {ADMIN},
    "POST /keeping/hold": {ADMIN},
    "POST /keeping/{case_id}/release": {ADMIN},
    "GET /people": {ADMIN},
    "POST /people/anew": {ADMIN},
    "POST /people": {ADMIN},
    "GET /languages": {ADMIN},
    "GET /anchors": {ADMIN},
    "GET /log": {ADMIN},
    "GET /feedback": {ADMIN},
    "POST /feedback/lift": {ADMIN},
    "GET /cases/{case_id}/files/{file_id}": {TAKER},
    "GET /cases/{case_id}/files/{file_id}/{copy}": {TAKER},
    "POST /cases/{case_id}/files/{file_id}/original": {TAKER},
}
# Enough of each form that only the rule of access stands in the way.
FILLED = {
    "/language": {"language": "fr"},
    "/cases/{case_id}/reply": {"client_id": "6f1c1e9e-0000-4000-8000-000000000001", "text": "ok"},
    "/people": {"name": "New Sample", "email": "new@example.org", "role": "professional"},
    "/password": {"old": "not this one", "new": PASSWORD, "again": PASSWORD},
    "/receipt": {"code": "no receipt"},
    "/cases/{case_id}/bundle": {"recipient": "no key", "password": PASSWORD},
    "/sign-in": {"email": "amina@example.org", "password": "wrong", "code": "000000"},
}
NOT_FOUND = 404


def routes(desk: Desk) -> list[tuple[str, str]]:
    app = create_app(desk.parts)
    return [
        (method, str(context.path))
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or ())
        if context.path != "/static"
    ]


async def visit(desk: Desk, who: Enrolment | None, method: str, path: str, case_id: CaseId) -> bool:
    """Whether a person is let in, with everything about the request right but the person."""
    async with desk.browser() as browser:
        data = dict(FILLED.get(path, {}))
        if who is not None:
            await desk.sign_in(browser, who)
            data["form_token"] = form_token((await browser.get("/password")).text)
        address = path.replace("{case_id}", str(case_id))
        async with browser.stream(method, address, data=data or None) as response:
            to_sign_in = response.headers.get("location") == "/sign-in"
            turned_away = to_sign_in and not (path == "/sign-out" and who is not None)
            return not turned_away and response.status_code != NOT_FOUND


async def taken_case(desk: Desk, who: Enrolment) -> CaseId:
    case_id = await desk.report()
    async with desk.signed_in(who) as browser:
        token = form_token((await browser.get("/inbox")).text)
        answer = await browser.post(f"/cases/{case_id}/claim", data={"form_token": token})
        assert answer.status_code == 303
    return case_id


async def test_every_route_lets_in_those_who_are_named_for_it_and_nobody_else(
    desk: Desk, amina: Enrolment, bruno: Enrolment, admin: Enrolment
) -> None:
    case_id = await taken_case(desk, amina)
    people = {NOBODY: None, ADMIN: admin, OTHER: bruno, TAKER: amina}
    found = routes(desk)
    assert {f"{method} {path}" for method, path in found} == set(ALLOWED)
    for method, path in found:
        let_in = {
            name for name, who in people.items() if await visit(desk, who, method, path, case_id)
        }
        assert let_in == ALLOWED[f"{method} {path}"], f"{method} {path}"


async def test_a_route_without_a_rule_stops_the_program() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/forgotten")
    async def forgotten() -> None:
        """Nobody thought about who may see this."""

    with pytest.raises(RuntimeError, match="/forgotten"):
        refuse_open_routes(app)


async def test_a_case_of_somebody_else_looks_like_one_that_does_not_exist(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    case_id = await taken_case(desk, amina)
    async with desk.signed_in(bruno) as browser:
        theirs = await browser.get(f"/cases/{case_id}")
        none = await browser.get("/cases/00000000-0000-4000-8000-000000000000")
    assert theirs.status_code == none.status_code == 404
    assert theirs.text.replace(str(case_id), "") == none.text.replace(
        "00000000-0000-4000-8000-000000000000", ""
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_from_elsewhere_changes_nothing(
    desk: Desk, amina: Enrolment, headers: dict[str, str]
) -> None:
    async with desk.signed_in(amina) as browser:
        token = form_token((await browser.get("/password")).text)
        async with httpx.AsyncClient(base_url=desk.url, cookies=browser.cookies) as outside:
            answer = await outside.post("/sign-out", data={"form_token": token}, headers=headers)
        assert answer.status_code == 404
        assert (await browser.get("/here")).status_code == 204


async def test_an_older_browser_is_known_by_the_origin_alone(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        token = form_token((await browser.get("/password")).text)
        del browser.headers["Sec-Fetch-Site"]
        answer = await browser.post(
            "/sign-out", data={"form_token": token}, headers={"Origin": desk.url}
        )
    assert answer.headers["location"] == "/sign-in"


@pytest.mark.parametrize("token", ["", "made.up", "00.00"])
async def test_a_form_without_its_token_changes_nothing(
    desk: Desk, amina: Enrolment, token: str
) -> None:
    async with desk.signed_in(amina) as browser:
        assert (await browser.post("/sign-out", data={"form_token": token})).status_code == 404
        assert (await browser.get("/here")).status_code == 204


async def test_the_token_of_another_browser_does_not_serve(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    async with desk.signed_in(amina) as hers, desk.signed_in(bruno) as his:
        token = form_token((await hers.get("/password")).text)
        assert (await his.post("/sign-out", data={"form_token": token})).status_code == 404


async def test_a_page_of_another_site_that_points_its_name_at_us_gets_nothing(desk: Desk) -> None:
    async with desk.browser() as browser:
        answer = await browser.get("/sign-in", headers={"Host": "rebound.example"})
    assert answer.status_code == 400


@pytest.mark.parametrize("url", ["http://help.example.org", "ftp://127.0.0.1", "help.example.org"])
def test_only_https_serves_beyond_this_machine(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Origin.parse(url)
