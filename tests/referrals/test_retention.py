"""The retention schedule: announced first, stopped by holds, and never against new life."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from core.database import Sessions
from core.errors import NotAllowedError
from core.identifiers import CaseId, ProfessionalId
from core.settings import Settings
from referrals.accounts import Enrolment
from referrals.handover import claim
from referrals.retention import (
    Schedule,
    announce_endings,
    ending_of,
    endings,
    erase_ended,
)
from referrals.tables import CaseRow, ConversationRow
from tests.support.desk import START, Desk, open_desk
from vault.age import Identity
from vault.errors import SealError, StoreError
from vault.holds import holds, place, release
from vault.signing import ActorKey
from vault.store import DirectoryStore, ObjectRef
from vault.tables import CustodyEntry, Hold, SealedCase, SealedRecord, Wrap

SCHEDULE = Schedule(
    untaken=timedelta(days=365), taken=timedelta(days=3650), notice=timedelta(days=60)
)
YEAR = timedelta(days=365)
DAY = timedelta(days=1)


@pytest.fixture
async def desk(sessions: Sessions, database_url: str, data: Path) -> AsyncIterator[Desk]:
    async with open_desk(sessions, database_url, data) as opened:
        yield opened


async def announced(desk: Desk, at: datetime) -> int:
    return await announce_endings(desk.parts.sessions, SCHEDULE, now=at)


async def erased(desk: Desk, at: datetime) -> int:
    return await erase_ended(desk.parts.sessions, SCHEDULE, desk.parts.store, now=at)


async def left(desk: Desk) -> dict[str, int]:
    tables = (SealedCase, Wrap, SealedRecord, CaseRow, ConversationRow, Hold)
    async with desk.parts.sessions() as session:
        return {
            table.__tablename__: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


async def shreds(desk: Desk) -> list[str]:
    async with desk.parts.sessions() as session:
        query = select(CustodyEntry.actor).where(CustodyEntry.action == "shred")
        return list(await session.scalars(query))


def signer() -> tuple[ProfessionalId, ActorKey]:

    return ProfessionalId(uuid4()), ActorKey.of(Identity.generate())


async def hold(desk: Desk, case: CaseId, by: tuple[ProfessionalId, ActorKey]) -> None:
    async with desk.parts.sessions.begin() as session:
        await place(
            session,
            case,
            by=by[0],
            reason="a court asked for it",
            keys=desk.parts.keys,
            signer=by[1],
            now=START,
        )


async def let_go(desk: Desk, case: CaseId, by: tuple[ProfessionalId, ActorKey]) -> bool:
    async with desk.parts.sessions.begin() as session:
        return await release(session, case, by=by[0], signer=by[1])


async def test_a_case_that_nobody_took_is_announced_and_then_erased_with_its_conversation(
    desk: Desk, data: Path
) -> None:
    case = await desk.report()
    assert await announced(desk, START + YEAR - 61 * DAY) == 0
    assert await announced(desk, START + YEAR - 60 * DAY) == 1
    assert await announced(desk, START + YEAR - 59 * DAY) == 0
    async with desk.parts.sessions() as session:
        assert await ending_of(session, case) == START + YEAR
        assert [(one.case_id, one.kind) for one in await endings(session)] == [(case, "untaken")]
    assert await erased(desk, START + YEAR - DAY) == 0
    assert await erased(desk, START + YEAR) == 1
    assert set((await left(desk)).values()) == {0}
    assert [path for path in (data / "objects").rglob("*") if path.is_file()] == []
    assert await shreds(desk) == ["retention:untaken"]


async def test_after_a_long_standstill_the_whole_notice_is_still_given(desk: Desk) -> None:
    await desk.report()
    late = START + 3 * YEAR
    assert await erased(desk, late) == 0
    assert await announced(desk, late) == 1
    assert await erased(desk, late + 59 * DAY) == 0
    assert await erased(desk, late + 60 * DAY) == 1


async def test_a_taken_case_is_kept_for_longer(desk: Desk) -> None:
    amina = await desk.enrol("Amina Sample")
    case = await desk.report()
    await take(desk, case, amina)
    assert await announced(desk, START + 2 * YEAR) == 0
    assert await announced(desk, START + 10 * YEAR) == 1
    assert await erased(desk, START + 11 * YEAR) == 1
    assert await shreds(desk) == ["retention:taken"]


async def test_what_happens_after_the_announcement_takes_it_back(desk: Desk) -> None:
    case = await desk.report()
    await announced(desk, START + YEAR)
    desk.clock.moment = START + YEAR + 10 * DAY
    await desk.person_writes(case, "still here")
    assert await erased(desk, START + YEAR + 60 * DAY) == 0
    assert (await left(desk))["cases"] == 1
    await announced(desk, START + YEAR + 61 * DAY)
    async with desk.parts.sessions() as session:
        assert await ending_of(session, case) is None


async def test_under_a_hold_nothing_is_erased_until_two_admins_end_it(desk: Desk) -> None:
    case = await desk.report()
    await announced(desk, START + YEAR)
    first, second = signer(), signer()
    await hold(desk, case, first)
    assert await erased(desk, START + 2 * YEAR) == 0
    async with desk.parts.sessions() as session:
        assert await ending_of(session, case) is None
        assert [one.held for one in await endings(session)] == [True]
    assert not await let_go(desk, case, first)
    assert not await let_go(desk, case, first)
    assert await erased(desk, START + 2 * YEAR) == 0
    assert await let_go(desk, case, second)
    assert await erased(desk, START + 2 * YEAR) == 1


async def test_a_hold_is_written_down_with_its_reason_sealed(desk: Desk) -> None:
    case, admin = await desk.report(), signer()
    await hold(desk, case, admin)
    async with desk.parts.sessions() as session:
        found = (await holds(session, keys=desk.parts.keys))[case]
        row = (await session.scalars(select(Hold))).one()
        acts = await session.execute(
            select(CustodyEntry.actor, CustodyEntry.action).where(
                CustodyEntry.action.in_(("hold", "release"))
            )
        )
        assert acts.all() == [(f"professional:{admin[0]}", "hold")]
    assert found.reason == "a court asked for it"
    assert b"court" not in row.reason
    assert "court" not in repr(found)
    with pytest.raises(NotAllowedError):
        await hold(desk, case, admin)


async def test_a_hold_of_another_case_does_not_tell_its_reason(desk: Desk) -> None:

    case, other, admin = await desk.report(), await desk.report(), signer()
    await hold(desk, case, admin)
    async with desk.parts.sessions.begin() as session:
        await session.execute(update(Hold).values(case_id=other))
    async with desk.parts.sessions() as session:
        with pytest.raises(SealError):
            await holds(session, keys=desk.parts.keys)


async def test_the_survivors_own_word_goes_before_a_hold(desk: Desk) -> None:
    case = await desk.report()
    await hold(desk, case, signer())
    await desk.erase(case)
    assert set((await left(desk)).values()) == {0}
    assert await shreds(desk) == ["survivor"]


async def test_a_conversation_that_goes_on_in_a_later_case_stays(desk: Desk) -> None:
    old, later = await desk.report(), await desk.report()
    async with desk.parts.sessions.begin() as session:
        await session.execute(
            update(ConversationRow).where(ConversationRow.case_id == old).values(case_id=None)
        )
        await session.execute(update(CaseRow).where(CaseRow.id == later).values(erase_at=None))
        row = await session.get_one(CaseRow, old)
        row.erase_at = START + YEAR
    assert await erased(desk, START + YEAR) == 1
    counts = await left(desk)
    assert (counts["cases"], counts["conversations"]) == (1, 2)


async def test_a_store_that_fails_holds_up_that_case_alone(desk: Desk, data: Path) -> None:
    """And the schedule takes it up again."""

    class Failing(DirectoryStore):
        def erase(self, ref: ObjectRef) -> bool:
            raise StoreError(f"{ref} is out of reach")

    await desk.report()
    await announced(desk, START + 2 * YEAR)
    later = START + 3 * YEAR
    failing = Failing(data / "objects")
    assert await erase_ended(desk.parts.sessions, SCHEDULE, failing, now=later) == 0
    assert (await left(desk))["wraps"] == 2
    assert await erased(desk, later) == 1


def test_the_schedule_is_the_deployments_own() -> None:
    schedule = Schedule.of(Settings(keep_untaken_days=90, keep_taken_days=400, keep_notice_days=30))
    assert schedule.ends("untaken", START) == START + 90 * DAY
    assert schedule.ends("taken", START) == START + 400 * DAY
    assert schedule.notice == 30 * DAY


async def take(desk: Desk, case: CaseId, who: Enrolment) -> None:
    async with desk.parts.sessions.begin() as session:
        await claim(
            session,
            case,
            keys=desk.parts.keys,
            helper=who.account,
            signer=ActorKey.of(Identity.generate()),
            now=desk.clock(),
        )
