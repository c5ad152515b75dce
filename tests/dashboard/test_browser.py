"""Journeys in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)
from sqlalchemy import update

from core.database import announce
from core.identifiers import CaseId
from referrals.accounts import Enrolment
from referrals.cases import CASE_CHANNEL
from referrals.handover import claim
from referrals.tables import OutgoingRow
from tests.support.desk import PASSWORD, Desk, serving
from vault.age import Identity
from vault.signing import ActorKey

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PHONE: ViewportSize = {"width": 360, "height": 740}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page on a small phone whose script may not fail, and that may load nothing forbidden."""
    complaints: list[str] = []

    def note_error(error: Error) -> None:
        complaints.append(str(error))

    def note_line(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            complaints.append(line.text)

    opened = await chromium.new_page(locale="en", viewport=PHONE)
    opened.on("pageerror", note_error)
    opened.on("console", note_line)
    yield opened
    assert complaints == []


async def sign_in(page: Page, desk: Desk, who: Enrolment) -> None:
    await page.goto(f"{desk.url}/sign-in")
    await page.get_by_label("E-mail").fill(who.account.profile.email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Code").fill(desk.code(who))
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/inbox")


async def taken(desk: Desk, who: Enrolment) -> CaseId:
    case_id = await desk.report()
    async with desk.parts.sessions.begin() as session:
        await claim(
            session,
            case_id,
            keys=desk.parts.keys,
            helper=who.account,
            signer=ActorKey.of(Identity.generate()),
            now=desk.clock(),
        )
    return case_id


async def test_from_the_waiting_case_to_the_chat_and_back_to_the_program(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    await sign_in(page, desk, amina)
    await expect(page.get_by_text("Nobody is waiting for you now")).to_be_visible()
    case_id = await desk.report()
    await page.get_by_role("button", name="Take this case").click()

    await page.get_by_role("link", name="Report").click()
    words = page.get_by_text("près du vieux <marché>")
    await expect(words).to_be_hidden()
    await page.get_by_role("heading", name="What was reported", exact=True).click()
    await page.get_by_text("Show the words as written").first.click()
    await expect(words).to_be_visible()

    await page.get_by_role("link", name="Chat").click()
    await page.get_by_label("Your message").fill("Bonjour, je suis là.")
    await page.get_by_role("button", name="Send to the person").click()
    mine = page.locator(".bubble.me")
    await expect(mine).to_have_count(1)
    await expect(mine).to_contain_text("Bonjour, je suis là.")
    await expect(mine).to_contain_text("Waiting to be sent")
    await expect(page.get_by_label("Your message")).to_have_value("")
    await expect(page.get_by_label("Your message")).to_be_focused()

    async with desk.parts.sessions.begin() as session:
        await session.execute(update(OutgoingRow).values(status="delivered"))
        await announce(session, CASE_CHANNEL, str(case_id))
    await expect(mine).to_contain_text("Delivered")

    await desk.person_writes(case_id, "Merci <3")
    theirs = page.locator(".bubble.person")
    await expect(theirs).to_contain_text("Merci <3")
    await expect(theirs).to_be_in_viewport()

    await page.get_by_role("button", name="Give the chat back to the program").click()
    await page.get_by_role("button", name="Answer the chat myself").click()
    await expect(page.get_by_role("button", name="Send to the person")).to_be_visible()
    await expect(page.locator(".bubble")).to_have_count(2)


async def test_the_keyboard_sends_and_leaves(desk: Desk, amina: Enrolment, page: Page) -> None:
    await page.context.route(
        "https://www.wikipedia.org/", lambda route: route.fulfill(body="elsewhere")
    )
    case_id = await taken(desk, amina)
    await sign_in(page, desk, amina)
    await page.goto(f"{desk.url}/cases/{case_id}")
    await page.get_by_label("Your message").fill("Avec le clavier")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".bubble.me")).to_contain_text("Avec le clavier")
    for _ in range(3):
        await page.keyboard.press("Escape")
    await page.wait_for_url("https://www.wikipedia.org/")
    await page.goto(f"{desk.url}/inbox")
    await expect(page).to_have_url(f"{desk.url}/sign-in")


async def test_an_open_page_goes_on_over_a_restart_and_shows_each_message_once(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    case_id = await taken(desk, amina)
    async with serving(desk) as address:
        desk.url = address
        await sign_in(page, desk, amina)
        await page.goto(f"{address}/cases/{case_id}")
        await desk.person_writes(case_id, "avant")
        await expect(page.locator(".bubble")).to_have_count(1)
        await page.get_by_label("Your message").fill("à moitié écrit")
    await desk.person_writes(case_id, "pendant")
    async with serving(desk, int(address.rpartition(":")[2])):
        await expect(page.locator(".bubble")).to_have_count(2, timeout=15_000)
        await desk.person_writes(case_id, "après")
        await expect(page.locator(".bubble .text")).to_have_text(["avant", "pendant", "après"])
        await expect(page.get_by_label("Your message")).to_have_value("à moitié écrit")
        await page.goto("about:blank")


async def test_a_page_whose_visit_ended_shows_nothing_any_more(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    case_id = await taken(desk, amina)
    await sign_in(page, desk, amina)
    await page.goto(f"{desk.url}/cases/{case_id}")
    await desk.person_writes(case_id, "confidentiel")
    await expect(page.get_by_text("confidentiel")).to_be_visible()
    desk.clock.forward(minutes=31)
    await desk.person_writes(case_id, "plus tard")
    await expect(page).to_have_url(f"{desk.url}/sign-in", timeout=15_000)


async def test_a_message_that_could_not_be_sent_stays_and_is_sent_once(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    case_id = await taken(desk, amina)
    await sign_in(page, desk, amina)
    await page.goto(f"{desk.url}/cases/{case_id}")
    await page.get_by_label("Your message").fill("Une fois")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Send to the person").click()
    await expect(page.get_by_text("No connection")).to_be_visible()
    await expect(page.get_by_label("Your message")).to_have_value("Une fois")
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Send to the person").click()
    await expect(page.locator(".bubble.me")).to_have_count(1)


async def test_everything_works_without_a_script(
    desk: Desk, amina: Enrolment, chromium: Browser
) -> None:
    context = await chromium.new_context(java_script_enabled=False, locale="en", viewport=PHONE)
    page = await context.new_page()
    await desk.report()
    await sign_in(page, desk, amina)
    await page.get_by_role("button", name="Take this case").click()
    await page.get_by_label("Your message").fill("Sans script")
    await page.get_by_role("button", name="Send to the person").click()
    await expect(page.locator(".bubble.me")).to_contain_text("Sans script")
    await page.get_by_role("button", name="Give the chat back to the program").click()
    await expect(page.get_by_text("The program answers", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Answer the chat myself").click()
    await expect(page.get_by_label("Your message")).to_be_visible()
    await page.locator(".menu summary").click()
    await page.get_by_role("button", name="Français").click()
    await expect(page.get_by_role("button", name="Envoyer à la personne")).to_be_visible()
    await page.locator(".menu summary").click()
    await page.get_by_role("button", name="Se déconnecter").click()
    await expect(page).to_have_url(f"{desk.url}/sign-in")
    await context.close()


async def test_no_page_is_wider_than_a_small_phone(
    desk: Desk, amina: Enrolment, page: Page
) -> None:
    case_id = await taken(desk, amina)
    await desk.report(minor=False, reasons=["pep", "forensic", "psea"])
    await desk.person_writes(case_id, "mot" * 120)
    await sign_in(page, desk, amina)
    addresses = ["/inbox", f"/cases/{case_id}", f"/cases/{case_id}#report", "/password"]
    for language in ("en", "fr"):
        await page.context.add_cookies([{"name": "language", "value": language, "url": desk.url}])
        for address in addresses:
            await page.goto("about:blank")
            await page.goto(f"{desk.url}{address}")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= PHONE["width"], (language, address)
