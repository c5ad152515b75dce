"""Trying to sign in: slowed down, never shut out for long, and not by a stranger."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.database import Sessions
from dashboard import attempts
from dashboard.attempts import FORGET, FREE, LONGEST, TooManyAttemptsError, wait_after
from dashboard.tables import AttemptRow
from tests.support.desk import START
from vault.keys import LocalKeyProvider

LOGIN, OTHER = b"a" * 32, b"b" * 32


@pytest.fixture
def keys(data: Path) -> LocalKeyProvider:
    return LocalKeyProvider.open(data / "server.key")


def stranger(
    keys: LocalKeyProvider, address: str = "192.0.2.1", login: bytes = LOGIN
) -> list[bytes]:
    return attempts.subjects(keys, login=login, address=address, mark=None)


async def fail(
    sessions: Sessions, whose: list[bytes], after: timedelta = timedelta()
) -> timedelta | None:
    """One failed try; how long it has to wait instead, if it is not even checked."""
    try:
        async with sessions.begin() as session:
            await attempts.count(session, whose, now=START + after)
    except TooManyAttemptsError as error:
        return error.wait
    return None


def test_the_delay_doubles_up_to_a_minute() -> None:
    waits = [wait_after(failures).total_seconds() for failures in range(1, FREE + 9)]
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert wait_after(10**6) == LONGEST


async def test_after_the_free_tries_a_wait_comes_which_tries_do_not_lengthen(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    whose = stranger(keys)
    assert [await fail(sessions, whose) for _ in range(FREE)] == [None] * FREE
    second = timedelta(seconds=1)
    assert [await fail(sessions, whose) for _ in range(50)] == [second] * 50
    assert await fail(sessions, whose, second) is None
    assert await fail(sessions, whose, second) == 2 * second


async def test_tries_at_the_same_time_count_as_many(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    outcomes = await asyncio.gather(*(fail(sessions, stranger(keys)) for _ in range(2 * FREE)))
    assert outcomes.count(None) == FREE


async def test_one_address_that_tries_many_logins_waits_too(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    outcomes = [
        await fail(sessions, stranger(keys, login=bytes([number]) * 32))
        for number in range(FREE + 1)
    ]
    assert outcomes[-1] is not None


async def test_many_addresses_that_try_one_login_wait_too(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    outcomes = [
        await fail(sessions, stranger(keys, address=f"192.0.2.{number}"))
        for number in range(FREE + 1)
    ]
    assert outcomes[-1] is not None


async def test_a_browser_that_signed_in_before_is_not_held_up_by_strangers(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    mark = attempts.new_mark(keys, LOGIN)
    for _ in range(FREE + 5):
        await fail(sessions, stranger(keys))
    known = attempts.subjects(keys, login=LOGIN, address="192.0.2.1", mark=mark)
    assert await fail(sessions, known) is None


@pytest.mark.parametrize("mark", ["", "made.up", "00.00"])
def test_a_mark_that_we_did_not_make_changes_nothing(keys: LocalKeyProvider, mark: str) -> None:
    whose = attempts.subjects(keys, login=LOGIN, address="192.0.2.1", mark=mark)
    assert whose == stranger(keys)


def test_a_mark_serves_its_own_login_alone(keys: LocalKeyProvider) -> None:
    mark = attempts.new_mark(keys, OTHER)
    whose = attempts.subjects(keys, login=LOGIN, address="192.0.2.1", mark=mark)
    assert whose == stranger(keys)


def test_a_home_with_ipv6_is_one_network_and_rows_hold_no_address(keys: LocalKeyProvider) -> None:
    one = stranger(keys, "2001:db8:1:2::5")
    assert one == stranger(keys, "2001:db8:1:2:ffff::1")
    assert one != stranger(keys, "2001:db8:1:3::5")
    assert b"2001" not in b"".join(one)


async def test_a_success_starts_the_login_afresh_but_washes_nothing_else_away(
    sessions: Sessions, keys: LocalKeyProvider
) -> None:
    for _ in range(FREE - 1):
        await fail(sessions, stranger(keys, login=OTHER))
    assert await fail(sessions, stranger(keys)) is None
    async with sessions.begin() as session:
        await attempts.forgive(session, stranger(keys), now=START)
        left = await session.scalars(select(AttemptRow.failures).order_by(AttemptRow.failures))
        assert list(left) == [FREE - 1, FREE - 1]


async def test_old_failures_are_forgotten(sessions: Sessions, keys: LocalKeyProvider) -> None:
    for _ in range(FREE):
        await fail(sessions, stranger(keys))
    later = FORGET + timedelta(minutes=1)
    assert [await fail(sessions, stranger(keys), later) for _ in range(FREE)] == [None] * FREE
    async with sessions.begin() as session:
        await attempts.forgive(session, [b"x" * 32], now=START + 2 * later)
        assert await session.scalar(select(func.count()).select_from(AttemptRow)) == 0
