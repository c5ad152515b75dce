"""Guessing codes is slow; a right code opens within a quarter of an hour, whatever came before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bots.attempts import (
    CALM,
    FREE,
    LONGEST_WAIT,
    forget_attempts,
    may_try,
    note_failure,
    wait_after,
)
from core.database import Sessions

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
SHE, OTHERS = b"contact", b"others"


@given(st.integers(0, 10_000))
def test_no_wait_is_longer_than_a_quarter_of_an_hour(failures: int) -> None:
    assert timedelta(0) <= wait_after(failures) <= wait_after(failures + 1) <= LONGEST_WAIT


def test_slips_of_the_finger_cost_nothing() -> None:
    assert {wait_after(failures) for failures in range(FREE)} == {timedelta(0)}


async def test_guessing_on_and_on_gives_four_tries_an_hour(sessions: Sessions) -> None:
    moment, looked_at = NOW, 0
    while moment < NOW + timedelta(hours=12):
        async with sessions.begin() as session:
            if await may_try(session, SHE, now=moment):
                looked_at += 1
                await note_failure(session, SHE, now=moment)
        moment += timedelta(minutes=1)
    assert looked_at < FREE + 4 * 12 + 8


async def test_trying_too_soon_does_not_make_the_wait_longer(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for _ in range(50):
            await note_failure(session, SHE, now=NOW)
    for minute in range(15):
        async with sessions.begin() as session:
            assert not await may_try(session, SHE, now=NOW + timedelta(minutes=minute))
    async with sessions.begin() as session:
        assert await may_try(session, SHE, now=NOW + LONGEST_WAIT)


async def test_while_many_guess_a_first_try_waits_once_and_is_then_looked_at(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        for number in range(CALM + 1):
            await note_failure(session, f"{number}".encode(), now=NOW)
    async with sessions.begin() as session:
        assert not await may_try(session, SHE, now=NOW)
    async with sessions.begin() as session:
        assert await may_try(session, SHE, now=NOW + LONGEST_WAIT)


async def test_one_contact_s_guesses_do_not_slow_down_another(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for _ in range(FREE + 5):
            await note_failure(session, OTHERS, now=NOW)
        assert await may_try(session, SHE, now=NOW)


async def test_a_day_later_all_is_forgiven(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for _ in range(20):
            await note_failure(session, SHE, now=NOW)
        await forget_attempts(session, now=NOW + timedelta(days=1, minutes=1))
    async with sessions.begin() as session:
        assert await may_try(session, SHE, now=NOW)
