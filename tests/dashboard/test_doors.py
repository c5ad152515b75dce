"""Signing in and out, as a browser does it."""

import logging
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from core.identifiers import ProfessionalId
from dashboard.attempts import FREE
from dashboard.headers import HEADERS
from dashboard.tables import VisitRow
from dashboard.visits import IDLE
from referrals.accounts import Enrolment
from referrals.professionals import suspend
from tests.support.desk import PASSWORD, Desk, form_token

WRONG = "The e-mail, the password or the code is not right"


async def visits_left(desk: Desk) -> int | None:
    async with desk.parts.sessions() as session:
        return await session.scalar(select(func.count()).select_from(VisitRow))


async def test_who_is_not_signed_in_is_led_to_the_form_and_then_to_their_page(
    desk: Desk, amina: Enrolment, admin: Enrolment
) -> None:
    async with desk.browser() as browser:
        assert (await browser.get("/inbox")).headers["location"] == "/sign-in"
        assert "Password" in (await browser.get("/sign-in")).text
        assert (await desk.sign_in(browser, amina)).headers["location"] == "/"
        assert (await browser.get("/")).headers["location"] == "/inbox"
    async with desk.signed_in(admin) as browser:
        assert (await browser.get("/")).headers["location"] == "/people"


async def test_the_cookie_is_the_browsers_own(desk: Desk, amina: Enrolment) -> None:
    async with desk.browser() as browser:
        cookies = (await desk.sign_in(browser, amina)).headers.get_list("set-cookie")
    visit = next(cookie for cookie in cookies if cookie.startswith("visit="))
    assert "HttpOnly" in visit
    assert "SameSite=strict" in visit
    assert "Path=/" in visit
    assert "Max-Age" not in visit
    assert "Secure" not in visit  # plain http on loopback; with https see below


@pytest.mark.parametrize("wrong", ["email", "password", "code"])
async def test_whatever_is_wrong_the_page_is_the_same(
    desk: Desk, amina: Enrolment, wrong: str
) -> None:
    typed = {
        "email": amina.account.profile.email,
        "password": PASSWORD,
        "code": desk.code(amina),
        wrong: "000000",
    }
    async with desk.browser() as browser:
        answer = await browser.post("/sign-in", data=typed)
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert "visit" not in browser.cookies
    assert await visits_left(desk) == 0


async def test_who_tries_too_often_is_told_how_long_to_wait(desk: Desk, amina: Enrolment) -> None:
    async with desk.browser() as browser:
        typed = {"email": amina.account.profile.email, "password": "x", "code": "0"}
        for _ in range(FREE):
            assert (await browser.post("/sign-in", data=typed)).status_code == 401
        answer = await browser.post("/sign-in", data=typed)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert "Too many tries" in answer.text
        assert (await desk.sign_in(browser, amina)).status_code == 303  # half a minute later


async def test_signing_out_destroys_the_visit(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        kept = httpx.Cookies(browser.cookies)
        token = form_token((await browser.get("/inbox")).text)
        answer = await browser.post("/sign-out", data={"form_token": token})
        assert answer.headers["location"] == "/sign-in"
        assert await visits_left(desk) == 0
        browser.cookies = kept
        assert (await browser.get("/inbox")).headers["location"] == "/sign-in"


async def test_leaving_signs_out_and_shows_something_else_at_once(
    desk: Desk, amina: Enrolment
) -> None:
    async with desk.signed_in(amina) as browser:
        answer = await browser.post("/leave")
        assert "url=https://www.wikipedia.org/" in answer.text
        assert "BackUp" not in answer.text
        assert "visit" not in browser.cookies
    assert await visits_left(desk) == 0
    async with desk.browser() as browser:
        assert (await browser.post("/leave")).status_code == 200


async def test_half_an_hour_of_rest_signs_out(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        desk.clock.forward(seconds=(IDLE - timedelta(seconds=1)).total_seconds())
        assert (await browser.get("/here")).status_code == 204
        desk.clock.forward(seconds=IDLE.total_seconds())
        assert (await browser.get("/inbox")).headers["location"] == "/sign-in"


async def test_a_fragments_request_is_told_to_leave_the_page(desk: Desk) -> None:
    async with desk.browser(**{"HX-Request": "true"}) as browser:
        answer = await browser.get("/inbox")
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in"


async def test_a_suspended_account_is_out_at_once(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        async with desk.parts.sessions.begin() as session:
            await suspend(session, ProfessionalId(amina.account.id), now=desk.clock())
        assert (await browser.get("/inbox")).status_code == 404


async def test_a_one_time_password_opens_only_the_page_where_it_is_changed(desk: Desk) -> None:
    fresh = await desk.enrol("Fatou Sample", one_time=True)
    async with desk.signed_in(fresh) as browser:
        for page in ("/", "/inbox"):
            where = (await browser.get(page)).headers["location"]
            assert where in {"/inbox", "/password"}
        assert (await browser.get("/inbox")).headers["location"] == "/password"
        token = form_token((await browser.get("/password")).text)
        form = {"form_token": token, "old": fresh.password, "new": PASSWORD, "again": PASSWORD}
        assert (await browser.post("/password", data=form)).headers["location"] == "/"
        assert (await browser.get("/inbox")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"old": "not this one"}, "is not right"),
        ({"again": "something else, long"}, "not the same"),
        ({"new": "too short", "again": "too short"}, "another, longer password"),
    ],
)
async def test_a_password_that_does_not_do_is_explained(
    desk: Desk, amina: Enrolment, changes: dict[str, str], words: str
) -> None:
    new = "a new one that is long"
    async with desk.signed_in(amina) as browser:
        token = form_token((await browser.get("/password")).text)
        form = {"form_token": token, "old": PASSWORD, "new": new, "again": new, **changes}
        answer = await browser.post("/password", data=form)
    assert answer.status_code == 422
    assert words in answer.text


async def test_a_new_password_signs_other_browsers_out(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as here, desk.signed_in(amina) as there:
        token = form_token((await here.get("/password")).text)
        new = "a new one that is long"
        form = {"form_token": token, "old": PASSWORD, "new": new, "again": new}
        await here.post("/password", data=form)
        assert (await here.get("/inbox")).status_code == 200
        assert (await there.get("/inbox")).headers["location"] == "/sign-in"


async def test_the_language_follows_the_browser_until_one_is_chosen(desk: Desk) -> None:
    async with desk.browser(**{"Accept-Language": "xx, fr-CD;q=0.9, en;q=0.5"}) as browser:
        page = (await browser.get("/sign-in")).text
        assert '<html lang="fr" dir="ltr">' in page
        assert "Se connecter" in page
        answer = await browser.post("/language", data={"language": "en", "back": "/sign-in"})
        assert answer.headers["location"] == "/sign-in"
        assert "Sign in" in (await browser.get("/sign-in")).text


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", ""])
async def test_choosing_a_language_never_leads_elsewhere(desk: Desk, back: str) -> None:
    async with desk.browser() as browser:
        answer = await browser.post("/language", data={"language": "fr", "back": back})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/static/nothing", "/inbox", "/health"])
async def test_every_response_is_strict_with_the_browser(desk: Desk, path: str) -> None:
    async with desk.browser() as browser:
        answer = await browser.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


async def test_what_is_malformed_is_refused_without_repeating_it(desk: Desk) -> None:
    async with desk.browser() as browser:
        answer = await browser.post("/sign-in", data={"email": "secret@example.org"})
        assert answer.status_code == 422
        assert "secret@example.org" not in answer.text
        flood = await browser.post("/sign-in", data={"email": "x" * 100_000})
        assert flood.status_code == 413


async def test_nothing_that_is_typed_reaches_the_log(
    desk: Desk, amina: Enrolment, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with desk.signed_in(amina) as browser:
            await browser.get("/inbox")
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("dashboard")
    )
    assert amina.account.profile.email not in caplog.text.replace("Amina Sample", "")
    assert PASSWORD not in caplog.text
    assert ours == ""
