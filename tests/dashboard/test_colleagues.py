"""The people on a case, as their pages show them."""

from sqlalchemy import select

from core.identifiers import CaseId
from referrals.accounts import Enrolment
from referrals.cases import add_message
from referrals.tables import CaseRow
from tests.support.desk import Desk, press, take
from vault.preserve import preserve_record
from vault.tables import Wrap


async def holders(desk: Desk, case_id: CaseId) -> set[str]:
    async with desk.parts.sessions() as session:
        return set(await session.scalars(select(Wrap.holder).where(Wrap.case_id == case_id)))


async def withdraw(desk: Desk, case_id: CaseId, consent: str) -> None:
    said = f'{{"consent": "{consent}", "given": false, "at": "2025-03-02T09:00:00+00:00"}}'
    async with desk.parts.sessions.begin() as session:
        await preserve_record(
            session,
            case_id,
            kind="consent",
            author="survivor",
            content=said.encode(),
            now=desk.clock(),
        )


async def test_a_colleague_is_let_in_reads_writes_and_is_named(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, desk.signed_in(bruno) as his:
        address = await take(browser, case_id)
        await desk.person_writes(case_id, "bonjour")
        assert (await his.get(address)).status_code == 404
        people = f"{address}/people"
        done = await press(browser, people, f"{people}/add", colleague=str(bruno.account.id))
        assert done.headers["location"] == people
        assert "bonjour" in (await his.get(address)).text
        assert "Bruno Sample" in (await browser.get(people)).text
        assert "let in by Amina Sample" in (await his.get(people)).text
        assert str(case_id) in (await his.get("/inbox")).text
        sent = await press(
            his,
            address,
            f"{address}/reply",
            text="je suis là aussi",
            client_id="6f1c1e9e-0000-4000-8000-000000000002",
        )
        assert sent.status_code == 303
        assert "je suis là aussi" in (await browser.get(address)).text


async def test_who_is_removed_is_out_at_once_and_what_is_new_stays_readable_for_the_rest(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser, desk.signed_in(bruno) as his:
        address = await take(browser, case_id)
        people = f"{address}/people"
        await press(browser, people, f"{people}/add", colleague=str(bruno.account.id))
        await press(browser, people, f"{people}/remove", colleague=str(bruno.account.id))
        await desk.person_writes(case_id, "nouveau")
        assert (await his.get(address)).status_code == 404
        assert "nouveau" in (await browser.get(address)).text
    assert f"professional:{bruno.account.id}" not in await holders(desk, case_id)


async def test_the_last_one_can_not_leave_but_can_once_somebody_is_there(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        address = await take(browser, case_id)
        people, me = f"{address}/people", str(amina.account.id)
        refused = await press(browser, people, f"{people}/remove", colleague=me)
        assert refused.status_code == 409
        assert "Let a colleague in before you leave" in refused.text
        await press(browser, people, f"{people}/add", colleague=str(bruno.account.id))
        left = await press(browser, people, f"{people}/remove", colleague=me)
        assert left.headers["location"] == "/inbox"
        assert (await browser.get(address)).status_code == 404
    async with desk.parts.sessions() as session:
        taker = await session.scalar(select(CaseRow.professional_id).where(CaseRow.id == case_id))
    assert taker == bruno.account.id


async def test_only_services_that_the_person_agreed_to_are_let_in(
    desk: Desk, amina: Enrolment
) -> None:
    lawyer = await desk.enrol("Lena Sample", services=("legal",))
    helper = await desk.enrol("Pavel Sample", services=("psychosocial",))
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        address = await take(browser, case_id)
        people = f"{address}/people"
        shown = (await browser.get(people)).text
        assert "Pavel Sample" in shown
        assert "Lena Sample" not in shown
        refused = await press(browser, people, f"{people}/add", colleague=str(lawyer.account.id))
        assert refused.status_code == 409
        assert "did not agree to share" in refused.text
        await withdraw(desk, case_id, "c2.psychosocial")
        assert "Pavel Sample" not in (await browser.get(people)).text
        refused = await press(browser, people, f"{people}/add", colleague=str(helper.account.id))
        assert refused.status_code == 409
    assert len(await holders(desk, case_id)) == 2


async def test_a_report_about_a_child_goes_only_to_those_who_are_trained(desk: Desk) -> None:
    trained = await desk.enrol("Tala Sample", child_trained=True)
    other = await desk.enrol("Omar Sample")
    case_id = await desk.report(minor=True)
    async with desk.signed_in(trained) as browser:
        people = f"{await take(browser, case_id)}/people"
        refused = await press(browser, people, f"{people}/add", colleague=str(other.account.id))
        assert "not trained for that" in refused.text


async def test_somebody_with_a_one_time_password_is_not_offered(
    desk: Desk, amina: Enrolment
) -> None:
    await desk.enrol("Fatou Sample", one_time=True)
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        people = f"{await take(browser, case_id)}/people"
        assert "Fatou" not in (await browser.get(people)).text


async def test_a_message_that_the_bot_adds_after_a_removal_opens(
    desk: Desk, amina: Enrolment, bruno: Enrolment
) -> None:
    case_id = await desk.report()
    async with desk.signed_in(amina) as browser:
        address = await take(browser, case_id)
        people = f"{address}/people"
        for _ in range(3):
            await press(browser, people, f"{people}/add", colleague=str(bruno.account.id))
            await press(browser, people, f"{people}/remove", colleague=str(bruno.account.id))
        async with desk.parts.sessions.begin() as session:
            await add_message(session, case_id, author="bot", text="à bientôt", now=desk.clock())
        assert "à bientôt" in (await browser.get(address)).text
