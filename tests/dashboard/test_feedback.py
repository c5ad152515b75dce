"""How the help was, as an admin sees it; and the clocks of what can still be done."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.parts import Parts
from referrals.accounts import Enrolment
from referrals.feedback import is_held
from referrals.tables import FeedbackRow, MatchingHoldRow
from tests.support.desk import START, Desk, press


async def answered(parts: Parts, about: Enrolment, *, held: bool) -> None:
    """Somebody has answered about a professional."""
    async with parts.sessions.begin() as session:
        session.add(FeedbackRow(professional_id=about.account.id, reached="yes", safe="no"))
        if held:
            session.add(MatchingHoldRow(professional_id=about.account.id, since=START))


async def test_an_admin_sees_the_answers_and_lets_a_professional_back(
    desk: Desk, admin: Enrolment, amina: Enrolment
) -> None:
    await answered(desk.parts, amina, held=True)
    async with desk.signed_in(admin) as browser:
        shown = (await browser.get("/feedback")).text
        assert "Amina Sample" in shown
        assert "Gets no new cases since" in shown
        await press(browser, "/feedback", "/feedback/lift", professional=str(amina.account.id))
        assert "Gets no new cases since" not in (await browser.get("/feedback")).text
    async with desk.parts.sessions() as session:
        assert not await is_held(session, amina.account.id)


async def test_who_is_held_back_is_shown_no_new_cases(desk: Desk, amina: Enrolment) -> None:
    case = await desk.report()
    async with desk.signed_in(amina) as browser:
        assert str(case) in (await browser.get("/inbox")).text
        await answered(desk.parts, amina, held=True)
        assert str(case) not in (await browser.get("/inbox")).text


async def test_a_professional_sees_nothing_of_it(desk: Desk, amina: Enrolment) -> None:
    async with desk.signed_in(amina) as browser:
        assert (await browser.get("/feedback")).status_code in {403, 404}


def windows(*, known: bool) -> list[dict[str, Any]]:
    """A window that closes in a day and a quarter."""
    closes_at = int((START + timedelta(hours=31, minutes=5)).timestamp())
    return [{"name": "pep", "closes_at": closes_at, "known": known}]


@pytest.mark.parametrize(
    ("later", "known", "words"),
    [
        (0, True, "HIV prevention (PEP), 72 hours: about 31 hours left"),
        (0, False, "time not told; about 31 hours left if"),
        (32, True, "this window has passed; care still helps"),
    ],
)
async def test_a_window_is_a_clock(
    desk: Desk, amina: Enrolment, later: int, words: str, *, known: bool
) -> None:
    await desk.report(windows=windows(known=known))
    desk.clock.forward(hours=later)
    async with desk.signed_in(amina) as browser:
        assert words in (await browser.get("/inbox")).text
