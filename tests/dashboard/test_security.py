"""Sign-in and security; a sign-in that was lost; keeping and holds."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pyotp
import pytest

from core.identifiers import CaseId
from referrals.accounts import Enrolment
from referrals.retention import Schedule, announce_endings
from referrals.tables import CaseRow
from tests.support.desk import PASSWORD, Desk, press, take
from vault.escrow import fingerprint


def found(pattern: str, html: str) -> str:
    match = re.search(pattern, html)
    assert match is not None
    return unescape(match[1])


async def test_the_page_shows_the_keys_fingerprint_and_every_visit(
    desk: Desk, amina: Enrolment
) -> None:
    async with desk.signed_in(amina) as here, desk.signed_in(amina) as there:
        shown = (await here.get("/security")).text
        assert fingerprint(amina.account.recipient) in shown
        assert shown.count("Last seen") == 2
        await press(here, "/security", "/security/sign-out-others")
        assert (await there.get("/inbox")).headers["location"] == "/sign-in"
        assert (await here.get("/security")).text.count("Last seen") == 1


async def test_a_new_authenticator_counts_once_it_has_shown_a_right_code(
    desk: Desk, amina: Enrolment
) -> None:
    async with desk.signed_in(amina) as here, desk.signed_in(amina) as there:
        shown = await press(here, "/security", "/security/authenticator", password=PASSWORD)
        secret = found(r"<figcaption><code>(\w+)</code>", shown.text)
        sealed = found(r'name="sealed" value="([^"]+)"', shown.text)
        wrong = await press(
            here, "/security", "/security/authenticator/use", sealed=sealed, code="000000"
        )
        assert (wrong.status_code, secret in wrong.text) == (422, True)
        assert (await there.get("/inbox")).status_code == 200
        desk.clock.forward(seconds=30)
        code = pyotp.TOTP(secret).at(desk.clock())
        done = await press(
            here, "/security", "/security/authenticator/use", sealed=sealed, code=code
        )
        assert "The new authenticator is in use" in done.text
        assert (await there.get("/inbox")).headers["location"] == "/sign-in"
    async with desk.browser() as browser:
        assert (await desk.sign_in(browser, amina)).status_code == 401
        desk.clock.forward(minutes=2)
        typed = {"email": amina.account.profile.email, "password": PASSWORD}
        code = pyotp.TOTP(secret).at(desk.clock())
        answer = await browser.post("/sign-in", data={**typed, "code": code})
        assert answer.status_code == 303


async def test_a_new_authenticator_takes_the_password_and_does_not_wait_for_ever(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    async with desk.signed_in(amina) as browser, desk.signed_in(bruno) as his:
        wrong = await press(browser, "/security", "/security/authenticator", password="wrong")
        assert (wrong.status_code, "is not right" in wrong.text) == (422, True)
        shown = await press(browser, "/security", "/security/authenticator", password=PASSWORD)
        sealed = found(r'name="sealed" value="([^"]+)"', shown.text)
        code = pyotp.TOTP(found(r"<figcaption><code>(\w+)</code>", shown.text)).at(desk.clock())
        form = {"sealed": sealed, "code": code}
        other = await press(his, "/security", "/security/authenticator/use", **form)
        assert "open for too long" in other.text
        desk.clock.forward(minutes=16)
        late = await press(browser, "/security", "/security/authenticator/use", **form)
        assert "open for too long" in late.text


async def test_who_lost_the_sign_in_gets_a_new_one_that_opens_no_case(
    desk: Desk, amina: Enrolment, bruno: Enrolment, admin: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as hers, desk.signed_in(bruno) as his:
        address = await take(hers, case_id)
        people = f"{address}/people"
        await press(hers, people, f"{people}/add", colleague=str(bruno.account.id))
        async with desk.signed_in(admin) as browser:
            shown = await press(
                browser, "/people", "/people/anew", professional=str(amina.account.id)
            )
        password = found(r"<dd><code>([a-z0-9-]+)</code>", shown.text)
        secret = found(r"<dd><code>([A-Z2-7]{32})</code>", shown.text)
        assert (await hers.get("/inbox")).headers["location"] == "/sign-in"
        assert (await desk.sign_in(hers, amina)).status_code == 401
        desk.clock.forward(minutes=2)
        typed = {"email": amina.account.profile.email, "password": password}
        code = pyotp.TOTP(secret).at(desk.clock())
        assert (await hers.post("/sign-in", data={**typed, "code": code})).status_code == 303
        form = {"old": password, "new": PASSWORD, "again": PASSWORD}
        assert (await press(hers, "/password", "/password", **form)).status_code == 303
        assert (await hers.get(address)).status_code == 404
        # A colleague who is still there lets her in again, without escrow.
        await press(his, people, f"{people}/add", colleague=str(amina.account.id))
        assert (await hers.get(address)).status_code == 200


async def test_an_admin_starts_nobodys_own_sign_in_anew(desk: Desk, admin: Enrolment) -> None:
    async with desk.signed_in(admin) as browser:
        refused = await press(
            browser, "/people", "/people/anew", professional=str(admin.account.id)
        )
        assert refused.status_code == 409


async def announced(desk: Desk) -> CaseId:
    case_id = await desk.report()
    schedule = Schedule(
        untaken=timedelta(days=365), taken=timedelta(days=365), notice=timedelta(days=60)
    )
    later = desk.clock() + timedelta(days=400)
    await announce_endings(desk.parts.sessions, schedule, now=later)
    return case_id


async def reference_of(desk: Desk, case_id: CaseId) -> str:
    async with desk.parts.sessions() as session:
        return (await session.get_one(CaseRow, case_id)).reference


async def test_admins_see_what_goes_hold_it_and_two_of_them_end_the_hold(
    desk: Desk, admin: Enrolment
) -> None:
    other = await desk.enrol("Second Sample", role="admin", services=())
    case_id = await announced(desk)
    reference = await reference_of(desk, case_id)
    async with desk.signed_in(admin) as browser, desk.signed_in(other) as second:
        shown = (await browser.get("/keeping")).text
        assert reference in shown
        assert "Will be erased on" in shown
        held = {"reference": reference.lower(), "reason": "a court asked"}
        await press(browser, "/keeping", "/keeping/hold", **held)
        shown = (await browser.get("/keeping")).text
        assert "a court asked" in shown
        assert "Will be erased on" not in shown
        await press(browser, "/keeping", f"/keeping/{case_id}/release")
        assert "Another admin must agree" in (await browser.get("/keeping")).text
        await press(browser, "/keeping", f"/keeping/{case_id}/release")
        assert "a court asked" in (await second.get("/keeping")).text
        await press(second, "/keeping", f"/keeping/{case_id}/release")
        assert "Will be erased on" in (await second.get("/keeping")).text


async def test_a_hold_on_no_case_is_explained(desk: Desk, admin: Enrolment) -> None:
    async with desk.signed_in(admin) as browser:
        nothing = {"reference": "NONE-NONE", "reason": "a court asked"}
        answer = await press(browser, "/keeping", "/keeping/hold", **nothing)
        assert (answer.status_code, "There is no such case" in answer.text) == (422, True)


async def test_who_is_on_the_case_is_told_that_it_will_be_erased(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await announced(desk)
    async with desk.signed_in(amina) as browser:
        address = await take(browser, case_id)
        assert "will be erased on" in (await browser.get(f"{address}/people")).text


@pytest.mark.parametrize(
    "sent",
    [
        {"credential": {}, "key": ""},
        {"credential": {"rawId": "?", "response": []}, "key": "AAAA"},
        {"credential": {"response": {"clientDataJSON": "e30"}}, "key": "A" * 43},
        {"credential": {"response": {"clientDataJSON": "%%%"}}, "key": "A" * 43},
    ],
)
async def test_what_no_passkey_says_signs_nobody_in(desk: Desk, sent: dict[str, Any]) -> None:
    desk.url = desk.url.replace("127.0.0.1", "localhost")
    async with desk.browser() as browser:
        begun = (await browser.post("/sign-in/passkey/begin")).json()
        assert begun["rpId"] == "localhost"
        assert begun["userVerification"] == "required"
        answer = await browser.post("/sign-in/passkey", json=sent)
    assert answer.status_code == 401
    assert "visit" not in browser.cookies


async def test_a_passkey_that_is_not_ones_own_or_nothing_at_all_is_not_touched(
    desk: Desk, amina: Enrolment
) -> None:
    async with desk.signed_in(amina) as browser:
        for act in ("rename", "remove"):
            form = {"passkey": "A", "name": "mine"}
            answer = await press(browser, "/security", f"/security/passkeys/{act}", **form)
            assert answer.status_code == 404
            form = {"passkey": "AAAA", "name": "mine"}
            answer = await press(browser, "/security", f"/security/passkeys/{act}", **form)
            assert answer.status_code == 303
