"""Passkeys in a real Chromium, with an authenticator of its own that has PRF, or lacks it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, CDPSession, Page, ViewportSize, async_playwright, expect
from sqlalchemy import select, update

from referrals.accounts import Enrolment
from referrals.passkeys import ChallengeRow, PasskeyRow
from referrals.professionals import suspend
from tests.support.desk import PASSWORD, Desk, take

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
PHONE: ViewportSize = {"width": 360, "height": 740}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def page(chromium: Browser, desk: Desk) -> AsyncIterator[Page]:
    # A passkey belongs to a name; for a bare address browsers refuse one.
    desk.url = desk.url.replace("127.0.0.1", "localhost")
    complaints: list[str] = []
    opened = await chromium.new_page(locale="en", viewport=PHONE)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
    )
    yield opened
    assert complaints == []


async def authenticator(page: Page, *, prf: bool = True) -> tuple[CDPSession, str]:
    """Plug in an authenticator whose person is always there and agrees."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        "hasPrf": prf,
    }
    added = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, added["authenticatorId"]


async def sign_in(page: Page, desk: Desk, who: Enrolment) -> None:
    await page.goto(f"{desk.url}/sign-in")
    await page.get_by_label("E-mail").fill(who.account.profile.email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Code").fill(desk.code(who))
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/inbox")


async def add_passkey(page: Page, desk: Desk, name: str) -> None:
    await page.goto(f"{desk.url}/security")
    form = page.locator("#passkey-add")
    await form.get_by_label("Name of the passkey").fill(name)
    await form.get_by_role("button", name="Add a passkey").click()


async def sign_out(page: Page) -> None:
    await page.locator(".menu summary").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.wait_for_url("**/sign-in")


async def leave_with_passkey(page: Page, desk: Desk, who: Enrolment) -> None:
    """Sign in, register a passkey, and sign out."""
    await authenticator(page)
    await sign_in(page, desk, who)
    await add_passkey(page, desk, "phone")
    await expect(page.locator("input[name=name].short")).to_have_count(1)
    await sign_out(page)


async def test_a_passkey_alone_signs_in_and_opens_the_cases(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        address = await take(browser, case_id)
    await desk.person_writes(case_id, "merci")
    await authenticator(page)
    await sign_in(page, desk, amina)
    await add_passkey(page, desk, "work phone")
    await expect(page.locator("input[name=name].short")).to_have_value("work phone")
    await sign_out(page)

    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url("**/inbox")
    await page.goto(f"{desk.url}{address}")
    await expect(page.locator(".bubble.person")).to_contain_text("merci")

    await page.goto(f"{desk.url}/security")
    await expect(page.get_by_text("Last used")).to_be_visible()
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    async with desk.parts.sessions() as session:
        row = (await session.scalars(select(PasskeyRow))).one()
        assert (await session.scalars(select(ChallengeRow))).all() == []
    assert b"work phone" not in row.name


async def test_a_passkey_is_renamed_and_removed_and_then_opens_nothing(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    await authenticator(page)
    await sign_in(page, desk, amina)
    await add_passkey(page, desk, "phone")
    await page.locator("input[name=name].short").fill("old phone")
    await page.get_by_role("button", name="Rename").click()
    await expect(page.locator("input[name=name].short")).to_have_value("old phone")
    await page.get_by_role("button", name="Remove").click()
    await expect(page.locator("input[name=name].short")).to_have_count(0)
    await sign_out(page)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("does not sign anybody in")).to_be_visible()
    assert await page.evaluate("location.pathname") == "/sign-in"


async def test_an_authenticator_without_prf_is_told_and_nothing_is_kept(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    await authenticator(page, prf=False)
    await sign_in(page, desk, amina)
    await add_passkey(page, desk, "old key")
    await expect(page.get_by_text("This passkey can't open your cases")).to_be_visible()
    async with desk.parts.sessions() as session:
        assert (await session.scalars(select(PasskeyRow))).all() == []


async def test_a_suspended_account_is_not_let_in_by_its_passkey(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    await leave_with_passkey(page, desk, amina)
    async with desk.parts.sessions.begin() as session:
        await suspend(session, amina.account.id, now=desk.clock())
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("does not sign anybody in")).to_be_visible()


async def test_the_rows_of_another_persons_passkey_open_nothing(
    desk: Desk, amina: Enrolment, bruno: Enrolment, page: Page
) -> None:
    """Whoever writes in the database can give a passkey to somebody else, and gains nothing."""
    await leave_with_passkey(page, desk, amina)
    async with desk.parts.sessions.begin() as session:
        await session.execute(update(PasskeyRow).values(professional_id=bruno.account.id))
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("does not sign anybody in")).to_be_visible()


async def test_what_was_sent_once_does_not_sign_in_again(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    await leave_with_passkey(page, desk, amina)
    async with page.expect_request("**/sign-in/passkey") as caught:
        await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url("**/inbox")
    sent = (await caught.value).post_data_json
    assert sent is not None
    assert "prf" not in str(sent["credential"])
    async with desk.browser() as browser:
        assert (await browser.post("/sign-in/passkey", json=sent)).status_code == 401
        assert "visit" not in browser.cookies


async def test_under_a_bare_address_passkeys_are_not_offered(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        assert "passkey-sign-in" not in (await browser.get("/sign-in")).text
        assert "belong to a name" in (await browser.get("/security")).text
