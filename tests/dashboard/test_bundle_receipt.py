"""The page on which anybody checks a receipt: what it says, and what it never says."""

import re

from core.identifiers import RecordId
from tests.support.desk import Desk
from vault.checkpoint import sign_checkpoint
from vault.receipts import issue, issue_for_latest, new_code

SUBJECT = re.compile(
    r"violen|sexual|surviv|victim|abuse|war|court|case|report|backup", re.IGNORECASE
)


async def issued(desk: Desk) -> str:
    case_id = await desk.report()
    async with desk.parts.sessions.begin() as session:
        return await issue_for_latest(session, case_id, "report")


async def test_the_page_does_not_show_what_it_is_about(desk: Desk) -> None:
    code = await issued(desk)
    async with desk.browser() as browser:
        pages = [
            (await browser.get("/receipt")).text,
            (await browser.post("/receipt", data={"code": code})).text,
            (await browser.post("/receipt", data={"code": new_code()})).text,
        ]
    for page in pages:
        body = re.sub(r"<style.*?</style>|<link[^>]*>", "", page, flags=re.DOTALL)
        assert not SUBJECT.search(body), SUBJECT.search(body)


async def test_a_receipt_says_when_and_that_it_is_unchanged(desk: Desk) -> None:
    code = await issued(desk)
    async with desk.browser() as browser:
        fresh = await browser.post("/receipt", data={"code": code.lower()})
        assert "Unchanged since" in fresh.text
        assert "within the next hours" in fresh.text
        async with desk.parts.sessions.begin() as session:
            await sign_checkpoint(session, desk.parts.keys)
        later = await browser.post("/receipt", data={"code": code})
    assert "In the signed log" in later.text
    assert code not in later.text
    assert ":00 UTC" in later.text


async def test_a_file_is_compared_by_its_hash(desk: Desk) -> None:
    case_id = await desk.report()
    record = await desk.person_writes(case_id, "a file")
    async with desk.parts.sessions.begin() as session:
        code = await issue(session, case_id, RecordId(record), sha256=bytes(32))
    async with desk.browser() as browser:
        same = await browser.post("/receipt", data={"code": code, "sha256": "00" * 32})
        other = await browser.post("/receipt", data={"code": code, "sha256": "11" * 32})
    assert "The file is the one" in same.text
    assert "is not the one" in other.text


async def test_after_delete_it_says_so(desk: Desk) -> None:
    code = await issued(desk)
    (case_id,) = desk.cases
    await desk.erase(case_id)
    async with desk.browser() as browser:
        answer = await browser.post("/receipt", data={"code": code})
    assert "Deleted since" in answer.text


async def test_a_slip_costs_nothing_and_guessing_ends_in_waiting(desk: Desk) -> None:
    code = await issued(desk)
    async with desk.browser() as browser:
        for _ in range(7):
            slip = await browser.post("/receipt", data={"code": code[:-1]})
            assert slip.status_code == 422
        statuses = [
            (await browser.post("/receipt", data={"code": new_code()})).status_code
            for _ in range(7)
        ]
        assert statuses[0] == 404
        assert statuses[-1] == 429
        desk.clock.forward(minutes=2)
        assert (await browser.post("/receipt", data={"code": code})).status_code == 200


async def test_another_site_can_not_ask_through_a_browser(desk: Desk) -> None:
    code = await issued(desk)
    async with desk.browser(**{"Sec-Fetch-Site": "cross-site"}) as browser:
        assert (await browser.post("/receipt", data={"code": code})).status_code == 404
