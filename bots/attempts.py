"""Guessing return codes is slow, and nobody who has the right one is locked out.

A code that opens nothing makes its contact wait before the next is looked at: not at all for the
first few, then longer, a quarter of an hour at most. Codes that come meanwhile change nothing, so
impatience costs nothing. While many contacts guess, each waits before its first one too. So a right
code always opens within a quarter of an hour, whatever it or others did before.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from referrals.tables import CodeAttemptRow

FREE = 5
"""Wrong codes without a wait: slips of the finger."""
LONGEST_WAIT = timedelta(minutes=15)
CALM = 100
"""Wrong codes of all contacts in the last hour, above which everybody waits before the first."""
HOUR, MEMORY = timedelta(hours=1), timedelta(days=1)


def wait_after(failures: int) -> timedelta:
    """How long a contact waits after so many codes that open nothing."""
    if failures < FREE:
        return timedelta(0)
    return min(timedelta(minutes=2 ** min(failures - FREE, 10)), LONGEST_WAIT)


async def may_try(session: AsyncSession, contact: bytes, *, now: datetime) -> bool:
    """Whether a contact's code is looked at now."""
    row = await session.get(CodeAttemptRow, contact)
    if row is not None:
        return now >= row.not_before
    if await _failures(session, since=now - HOUR) <= CALM:
        return True
    await _note(session, contact, failures=0, not_before=now + LONGEST_WAIT, now=now)
    return False


async def note_failure(session: AsyncSession, contact: bytes, *, now: datetime) -> None:
    """Count a code that opened nothing."""
    row = await session.get(CodeAttemptRow, contact)
    failures = 1 if row is None else row.failures + 1
    wait = wait_after(failures)
    await _note(session, contact, failures=failures, not_before=now + wait, now=now)


async def forget_attempts(session: AsyncSession, *, now: datetime) -> None:
    """Forgive what lies a day back."""
    await session.execute(delete(CodeAttemptRow).where(CodeAttemptRow.at < now - MEMORY))


async def _failures(session: AsyncSession, *, since: datetime) -> int:
    counted = select(func.coalesce(func.sum(CodeAttemptRow.failures), 0))
    return int(await session.scalar(counted.where(CodeAttemptRow.at > since)) or 0)


async def _note(
    session: AsyncSession, contact: bytes, *, failures: int, not_before: datetime, now: datetime
) -> None:
    values = {"failures": failures, "not_before": not_before, "at": now}
    await session.execute(
        insert(CodeAttemptRow)
        .values(contact=contact, **values)
        .on_conflict_do_update(index_elements=["contact"], set_=values)
        .execution_options(synchronize_session=False)
    )
    row = await session.get(CodeAttemptRow, contact, populate_existing=True)
    assert row is not None  # noqa: S101 - just written
