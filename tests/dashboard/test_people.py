"""What an admin does, and what an admin can't."""

import re

import httpx
import pyotp
import pytest

from referrals.accounts import Enrolment
from referrals.professionals import sign_in
from tests.support.desk import PASSWORD, Desk, press

NEW = {"name": "Fatou Sample", "email": "fatou@example.org", "role": "professional"}


async def enrolled(browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
    return await press(browser, "/people", "/people", **{**NEW, **changes})


async def test_an_admin_enrols_somebody_who_signs_in_with_what_was_shown_once(
    desk: Desk, admin: Enrolment
) -> None:
    async with desk.signed_in(admin) as browser:
        answer = await enrolled(browser, services="health", child_trained="yes")
        assert answer.status_code == 200
        password, secret = re.findall(r"<dd><code>([^<]+)</code></dd>", answer.text)
        assert 'class="qrline"' in answer.text
        again = (await browser.get("/people")).text
    assert password not in again
    assert secret not in again
    assert "Fatou Sample" in again
    assert "Trained for children" in again
    inside = await sign_in(
        desk.parts.sessions,
        keys=desk.parts.keys,
        email="fatou@example.org",
        password=password,
        code=pyotp.TOTP(secret).at(desk.clock()),
        now=desk.clock(),
    )
    assert inside.account.services == ("health",)
    assert inside.account.child_trained
    assert inside.account.one_time


async def test_an_email_is_enrolled_once(desk: Desk, admin: Enrolment) -> None:
    async with desk.signed_in(admin) as browser:
        await enrolled(browser)
        answer = await enrolled(browser, name="Somebody Else")
    assert answer.status_code == 409
    assert "enrolled already" in answer.text
    assert "Somebody Else" not in answer.text


@pytest.mark.parametrize("wrong", [{"role": "root"}, {"name": ""}, {"email": "x" * 300}])
async def test_a_malformed_form_enrols_nobody(
    desk: Desk, admin: Enrolment, wrong: dict[str, str]
) -> None:
    async with desk.signed_in(admin) as browser:
        assert (await enrolled(browser, **wrong)).status_code == 422
        assert "Fatou Sample" not in (await browser.get("/people")).text


async def test_unknown_services_and_languages_are_left_out(desk: Desk, admin: Enrolment) -> None:
    async with desk.signed_in(admin) as browser:
        answer = await enrolled(browser, services="magic", languages="xx")
    assert answer.status_code == 200
    assert "magic" not in answer.text


async def test_names_are_shown_as_they_were_typed_and_never_as_markup(
    desk: Desk, admin: Enrolment
) -> None:
    async with desk.signed_in(admin) as browser:
        answer = await enrolled(browser, name="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


async def test_the_languages_say_that_nobody_has_reviewed_them(
    desk: Desk, admin: Enrolment
) -> None:
    async with desk.signed_in(admin) as browser:
        page = (await browser.get("/languages")).text
    open_reviews = sum(
        not desk.parts.catalogs.review(code, domain).reviewed
        for code in desk.parts.catalogs.languages()
        for domain in ("chat", "dashboard")
    )
    assert page.count("No native practitioner has reviewed this translation yet") == open_reviews
    assert PASSWORD not in page
