"""The bundle from the dashboard: who may, what is asked, and what arrives."""

import io
import tarfile
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from core.identifiers import CaseId
from referrals.accounts import Enrolment
from tests.support.desk import PASSWORD, Desk, form_token, press, take
from tests.vault.bundle.court import consent, verify
from vault.age import Identity
from vault.age.open import unseal
from vault.entries import Action
from vault.tables import CustodyEntry

EXPERT = Identity.generate()
AGREED: dict[str, Any] = {"consents": [consent("c1"), consent("c4"), consent("c6")]}
ASK_FIRST: dict[str, Any] = {"consents": [consent("c1"), consent("c4.ask_first")]}


async def asked_for(browser: httpx.AsyncClient, case: str, **changes: str) -> httpx.Response:
    form = {"recipient": str(EXPERT.recipient), "password": PASSWORD, **changes}
    return await press(browser, f"{case}/bundle", f"{case}/bundle", **form)


async def exports(desk: Desk) -> int:
    async with desk.parts.sessions() as session:
        query = select(CustodyEntry).where(CustodyEntry.action == Action.EXPORT)
        return len((await session.scalars(query)).all())


def unpacked(answer: httpx.Response, directory: Path) -> Path:
    sealed = answer.content
    assert len(sealed) == int(answer.headers["content-length"])
    with tarfile.open(fileobj=io.BytesIO(unseal(sealed, EXPERT))) as archive:
        archive.extractall(directory, filter="data")
    (bag,) = directory.glob("bundle-*")
    return bag


async def test_a_bundle_arrives_sealed_and_is_in_order(
    desk: Desk, amina: Enrolment, tmp_path: Path
) -> None:
    case_id = await desk.report(**AGREED)
    async with desk.signed_in(amina) as browser:
        case = await take(browser, case_id)
        await desk.person_writes(case_id, "a message")
        answer = await asked_for(browser, case)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="bundle-')
    verdict = verify(unpacked(answer, tmp_path))
    assert (verdict.code, verdict.found) == (0, "")
    assert "signed by the professionals who acted" in verdict.proven
    assert "the log has no enrolment" not in verdict.open
    assert await exports(desk) == 1


async def test_what_is_withheld_is_named_and_not_there(
    desk: Desk, amina: Enrolment, tmp_path: Path
) -> None:
    case_id = await desk.report(**AGREED)
    async with desk.signed_in(amina) as browser:
        case = await take(browser, case_id)
        record = await desk.person_writes(case_id, "of somebody else")
        answer = await asked_for(browser, case, **{f"withhold-{record}": "third_party"})
    bag = unpacked(answer, tmp_path)
    assert not list(bag.rglob(f"{record:08}*message*"))
    assert not list(bag.rglob(f"sealed/{record:08}*"))
    assert '"withheld": "third_party"' in (bag / "data/withheld.json").read_text()
    assert verify(bag).code == 0
    assert b"of somebody else" not in b"".join(
        path.read_bytes() for path in bag.rglob("*") if path.is_file()
    )


async def test_without_consent_nothing_goes(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        case = await take(browser, await desk.report())
        shown = await browser.get(f"{case}/bundle")
        assert "did not agree that investigators" in shown.text
        assert '<form class="card' not in shown.text
        refused = await browser.post(
            f"{case}/bundle",
            data={
                "recipient": str(EXPERT.recipient),
                "password": PASSWORD,
                "form_token": form_token(shown.text),
            },
        )
    assert refused.status_code == 422
    assert await exports(desk) == 0


async def test_who_wants_to_be_asked_first_must_have_been(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report(**ASK_FIRST)
    async with desk.signed_in(amina) as browser:
        case = await take(browser, case_id)
        assert (await asked_for(browser, case)).status_code == 422
        assert (await asked_for(browser, case, asked="true")).status_code == 200
    assert await exports(desk) == 1


async def test_the_password_and_a_key_are_needed(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report(**AGREED)
    async with desk.signed_in(amina) as browser:
        case = await take(browser, case_id)
        wrong = await asked_for(browser, case, password="a wrong password")
        assert wrong.status_code == 422
        assert str(EXPERT.recipient) in wrong.text
        nonsense = await asked_for(browser, case, recipient="AGE-SECRET-KEY-1")
        assert nonsense.status_code == 422
        assert "should begin with age1" in nonsense.text
    assert await exports(desk) == 0


async def test_nobody_else_gets_there(desk: Desk, amina: Enrolment, bruno: Enrolment) -> None:
    case_id = await desk.report(**AGREED)
    async with desk.signed_in(amina) as browser:
        await take(browser, case_id)
    async with desk.signed_in(bruno) as other:
        assert (await other.get(f"/cases/{case_id}/bundle")).status_code == 404
        token = form_token((await other.get("/inbox")).text)
        form = {"recipient": str(EXPERT.recipient), "password": PASSWORD, "form_token": token}
        assert (await other.post(f"/cases/{case_id}/bundle", data=form)).status_code == 404
    assert await exports(desk) == 0


async def test_a_record_that_was_changed_stops_the_bundle(desk: Desk, amina: Enrolment) -> None:
    case_id = await desk.report(**AGREED)
    async with desk.signed_in(amina) as browser:
        case = await take(browser, case_id)
        token = form_token((await browser.get(f"{case}/bundle")).text)
        await _lose_report(desk, case_id)
        form = {"recipient": str(EXPERT.recipient), "password": PASSWORD, "form_token": token}
        answer = await browser.post(f"{case}/bundle", data=form)
    assert answer.status_code == 404
    assert await exports(desk) == 0


async def _lose_report(desk: Desk, _: CaseId) -> None:
    for ref in [kept.ref for kept in desk.parts.store.objects()]:
        desk.parts.store.erase(ref)
