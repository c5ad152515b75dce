"""A case from the inbox to the chat, without any script in the browser."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from referrals.accounts import Enrolment
from referrals.tables import CaseRow, OutgoingRow
from tests.support.desk import Desk, press, take


async def test_the_inbox_shows_what_waits_the_most_urgent_first_with_reasons_in_words(
    desk: Desk, amina: Enrolment
) -> None:
    await desk.report(urgency=2, reasons=["needs"])
    desk.clock.forward(minutes=20)
    await desk.report(urgency=0, reasons=["pep"])
    desk.clock.forward(minutes=49, seconds=30)  # signing in takes the other half minute
    async with desk.signed_in(amina) as browser:
        page = (await browser.get("/inbox")).text
    assert page.index("HIV prevention (PEP) window open") < page.index("Help wanted")
    assert "Answer within 10 minutes" in page
    assert "waiting for 50 minutes" in page
    assert "Français" in page
    desk.clock.forward(minutes=19, seconds=30)
    async with desk.signed_in(amina) as browser:
        assert "Late by 10 minutes" in (await browser.get("/inbox")).text


async def test_every_report_of_the_person_is_on_the_page_the_latest_first(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report(reasons=["needs"])
    assert await desk.another_report(case_id, reasons=["pep"])
    async with desk.signed_in(amina) as browser:
        await take(browser, case_id)
        page = (await browser.get(f"/cases/{case_id}")).text
    assert (
        page.index("HIV prevention") < page.index("An earlier report") < page.rindex("Help wanted")
    )
    assert not await desk.another_report(case_id, reasons=["pain"])


async def test_only_cases_for_ones_own_service_are_shown(desk: Desk, amina: Enrolment) -> None:
    lawyer = await desk.enrol("Luc Sample", services=("legal",))
    await desk.report(services=["health"])
    async with desk.signed_in(lawyer) as browser:
        assert "Nobody is waiting for you now" in (await browser.get("/inbox")).text
    async with desk.signed_in(amina) as browser:
        assert "Take this case" in (await browser.get("/inbox")).text


async def test_of_two_who_take_a_case_at_once_one_gets_it_and_the_other_is_told(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as hers, desk.signed_in(bruno) as his:
        answers = await asyncio.gather(
            *(press(browser, "/inbox", f"/cases/{case_id}/claim") for browser in (hers, his))
        )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    told = next(answer for answer in answers if answer.status_code == 409)
    assert "Somebody was faster" in told.text
    async with desk.parts.sessions() as session:
        taker = await session.scalar(select(CaseRow.professional_id))
    winner = amina if answers[0].status_code == 303 else bruno
    assert taker == winner.account.id


async def test_a_case_that_one_may_not_take_does_not_exist(desk: Desk) -> None:
    lawyer = await desk.enrol("Luc Sample", services=("legal",))
    case_id = await desk.report(services=["health"])
    async with desk.signed_in(lawyer) as browser:
        answer = await press(browser, "/inbox", f"/cases/{case_id}/claim")
    assert answer.status_code == 404


async def test_the_report_is_read_in_the_professionals_language_and_words_in_the_persons(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        english = (await browser.get(await take(browser, case_id))).text
        await browser.post("/language", data={"language": "fr"})
        french = (await browser.get(f"/cases/{case_id}")).text
    assert "What was reported 2" in english
    assert "How long ago" in english
    assert "Ce qui est rapporté 2" in french
    for page in (english, french):
        assert '<blockquote lang="fr" dir="auto">près du vieux &lt;marché&gt;</blockquote>' in page
        assert '<details class="words"><summary>' in page


async def test_consents_stand_in_plain_words(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        page = (await browser.get(await take(browser, case_id))).text
    assert "Agreed" in page
    assert "Did not agree" in page


async def test_a_message_is_kept_queued_and_shown_with_its_delivery(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        page = await take(browser, case_id)
        text = "Bonjour,\r\nje vous lis <b>bien</b>.\r\n"
        answer = await press(browser, page, f"{page}/reply", client_id=str(uuid4()), text=text)
        assert answer.headers["location"] == f"{page}#chat"
        shown = (await browser.get(page)).text
        assert "Bonjour,\nje vous lis &lt;b&gt;bien&lt;/b&gt;.</p>" in shown
        assert "Waiting to be sent" in shown
        async with desk.parts.sessions.begin() as session:
            failed = {"status": "failed", "problem": "blocked"}
            await session.execute(update(OutgoingRow).values(**failed))
        assert "Not delivered: the person has blocked this chat" in (await browser.get(page)).text


async def test_a_form_that_is_sent_twice_sends_one_message(desk: Desk, amina: Enrolment) -> None:
    case_id, once = await desk.report(), str(uuid4())
    async with desk.signed_in(amina) as browser:
        page = await take(browser, case_id)
        for _ in range(2):
            await press(browser, page, f"{page}/reply", client_id=once, text="Une seule fois")
        assert (await browser.get(page)).text.count("Une seule fois") == 1
    async with desk.parts.sessions() as session:
        assert len((await session.scalars(select(OutgoingRow))).all()) == 1


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
async def test_an_empty_or_endless_message_is_explained_and_kept_in_the_form(
    desk: Desk, amina: Enrolment, text: str
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        page = await take(browser, case_id)
        answer = await press(browser, page, f"{page}/reply", client_id=str(uuid4()), text=text)
        assert answer.status_code == 422
        assert "Write something" in answer.text
        assert text.strip() in answer.text
    async with desk.parts.sessions() as session:
        assert (await session.scalars(select(OutgoingRow))).all() == []


async def test_the_chat_goes_back_to_the_program_and_is_taken_again(
    desk: Desk, amina: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        page = await take(browser, case_id)
        form = {"client_id": str(uuid4()), "text": "trop tard"}
        await press(browser, page, f"{page}/give-back")
        given = (await browser.get(page)).text
        assert "The program answers" in given
        assert "Send to the person" not in given
        late = await press(browser, page, f"{page}/reply", **form)
        assert late.status_code == 409
        assert "the chat is not with you now" in late.text
        await press(browser, page, f"{page}/take")
        taken = (await browser.get(page)).text
        assert "Send to the person" in taken
        assert "trop tard" not in taken


async def test_a_case_that_was_erased_is_gone(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        page = await take(browser, case_id)
        await desk.erase(case_id)
        assert (await browser.get(page)).status_code == 404
        assert "Cases that you take appear here" in (await browser.get("/inbox")).text
