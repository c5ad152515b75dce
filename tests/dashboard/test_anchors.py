"""What an admin sees of the chains, and that nobody else does."""

from datetime import UTC, datetime

from referrals.accounts import Enrolment
from tests.support.desk import Desk
from vault.anchor import repository
from vault.anchor.tables import AnchorRow

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def anchored(desk: Desk, *, development: bool, problem: str | None) -> None:
    chain = {
        "name": "sepolia",
        "chain_id": 11155111,
        "development": development,
        "contract": "0x" + "11" * 20,
        "sender": "0x" + "22" * 20,
        "balance": 10**18,
        "problem": problem,
        "looked_at": AT,
    }
    made = {"salt": b"s", "checkpoint": "c", "size": 1, "created_at": AT, "changed_at": AT}
    archive = {"block": {"timestamp": 1_772_366_400}}
    async with desk.parts.sessions.begin() as session:
        await repository.note_chain(session, chain)
        session.add(
            AnchorRow(commitment=b"c", chain="sepolia", state="final", archive=archive, **made)
        )


async def test_an_admin_sees_the_last_final_anchor(desk: Desk, admin: Enrolment) -> None:
    await anchored(desk, development=False, problem=None)
    async with desk.signed_in(admin) as browser:
        shown = (await browser.get("/anchors")).text

    assert "sepolia" in shown
    assert 'datetime="2026-03-01T12:00:00+00:00"' in shown
    assert "development anchor" not in shown
    assert 'role="alert"' not in shown


async def test_a_development_anchor_and_a_problem_are_said(desk: Desk, admin: Enrolment) -> None:
    await anchored(desk, development=True, problem="words for the log")
    async with desk.signed_in(admin) as browser:
        shown = (await browser.get("/anchors")).text

    assert "A development anchor, for trying out: it proves nothing" in shown
    assert "backup anchor status" in shown
    assert "words for the log" not in shown


async def test_without_anchors_it_says_so_and_only_to_admins(
    desk: Desk, admin: Enrolment, amina: Enrolment
) -> None:
    async with desk.signed_in(admin) as browser:
        assert "Nothing is anchored yet" in (await browser.get("/anchors")).text
    async with desk.signed_in(amina) as browser:
        assert (await browser.get("/anchors")).status_code == 404
