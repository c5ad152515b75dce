"""How long a case is kept: a schedule by class, a notice before, and holds that stop it.

Invariants: nothing is erased that was not announced for the whole time of notice, also if the
program stood still meanwhile; whatever happens in a case takes the announcement back; under a hold
nothing is erased. A case is erased as by DELETE, with the conversation that led to it unless a
later case goes on in it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions, announce
from core.errors import BackUpError
from core.identifiers import CaseId
from core.settings import Settings
from referrals.cases import CASE_CHANNEL
from referrals.conversation import erase_conversation
from referrals.tables import WAITING, CaseRow, ConversationRow
from vault.cases import shred
from vault.store import ObjectStore
from vault.tables import Hold, SealedRecord

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 3600
UNTAKEN, TAKEN = "untaken", "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long a case of each class is kept after the last thing that happened in it."""

    untaken: timedelta
    """Cases that nobody has taken."""
    taken: timedelta
    notice: timedelta
    """How long before its end a case is shown to those who are responsible."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The deployment's own."""
        return cls(
            untaken=timedelta(days=settings.keep_untaken_days),
            taken=timedelta(days=settings.keep_taken_days),
            notice=timedelta(days=settings.keep_notice_days),
        )

    def ends(self, kind: str, last: datetime) -> datetime:
        """When a case of this class has been kept long enough."""
        return last + (self.untaken if kind == UNTAKEN else self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A case that is going to be erased, or would be but for a hold."""

    case_id: CaseId
    reference: str
    kind: str
    last: datetime
    """When something happened in it for the last time."""
    erase_at: datetime | None
    """None where it is only listed because of its hold."""
    held: bool


async def keep_to_schedule(
    settings: Settings, sessions: Sessions, store: ObjectStore, clock: Callable[[], datetime]
) -> None:
    """Announce and erase, every hour, for ever; any number of workers do no harm to each other."""
    schedule = Schedule.of(settings)
    while True:
        try:
            await announce_endings(sessions, schedule, now=clock())
            await erase_ended(sessions, schedule, store, now=clock())
        except Exception:
            # The database may be away; what is due is due an hour later as well.
            log.exception("the retention schedule was not gone through")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def announce_endings(sessions: Sessions, schedule: Schedule, *, now: datetime) -> int:
    """Set the day for cases that near their end, take it back where something happened; how many.

    The day is never sooner than the notice from now, however long ago the last thing happened.
    """
    announced = 0
    async with sessions.begin() as session:
        for row, last in await _cases(session):
            ends = schedule.ends(_class(row), last)
            if ends > now + schedule.notice:
                row.erase_at = None
            elif row.erase_at is None:
                row.erase_at = max(ends, now + schedule.notice)
                announced += 1
    return announced


async def erase_ended(
    sessions: Sessions, schedule: Schedule, store: ObjectStore, *, now: datetime
) -> int:
    """Erase the cases whose announced day has come, each in a transaction of its own; how many."""
    async with sessions() as session:
        due = (await session.scalars(select(CaseRow.id).where(CaseRow.erase_at <= now))).all()
    erased = 0
    for case_id in due:
        try:
            async with sessions.begin() as session:
                erased += await _erase(session, CaseId(case_id), schedule, store, now)
        except BackUpError:
            log.exception("case %s could not be erased by schedule", case_id)
    return erased


async def endings(session: AsyncSession) -> list[Ending]:
    """What will be erased when, the soonest first, and every case under a hold."""
    return [
        Ending(
            case_id=CaseId(row.id),
            reference=row.reference,
            kind=_class(row),
            last=last,
            erase_at=row.erase_at,
            held=held,
        )
        for row, last, held in await session.execute(
            select(CaseRow, _last(), _held())
            .where(CaseRow.erase_at.is_not(None) | _held())
            .order_by(CaseRow.erase_at.nulls_last(), CaseRow.reference)
        )
    ]


async def ending_of(session: AsyncSession, case_id: CaseId) -> datetime | None:
    """When a case will be erased, if that is announced and no hold lies on it."""
    query = select(CaseRow.erase_at).where(CaseRow.id == case_id, ~_held())
    return await session.scalar(query)


async def _erase(
    session: AsyncSession, case_id: CaseId, schedule: Schedule, store: ObjectStore, now: datetime
) -> bool:
    # First the conversation, as everything else that takes both.
    conversation = await session.scalar(
        select(ConversationRow.id).where(ConversationRow.case_id == case_id).with_for_update()
    )
    row = await session.get(CaseRow, case_id, with_for_update=True)
    if row is None or row.erase_at is None or row.erase_at > now:
        return False
    last = await session.scalar(select(_last()).where(CaseRow.id == case_id))
    if last is not None and schedule.ends(_class(row), last) > now:
        row.erase_at = None  # something happened since it was announced
        return False
    if await session.scalar(select(_held()).where(CaseRow.id == case_id)):
        return False
    kind = _class(row)
    session.expunge(row)
    if conversation is not None:
        await erase_conversation(session, conversation)
    await shred(session, case_id, store=store, actor=f"retention:{kind}")
    await announce(session, CASE_CHANNEL, str(case_id))
    return True


async def _cases(session: AsyncSession) -> list[tuple[CaseRow, datetime]]:
    rows = await session.execute(select(CaseRow, _last()))
    return [(row, last) for row, last in rows]


def _last() -> ColumnElement[datetime]:
    """When something happened in a case for the last time."""
    record = (
        select(func.max(SealedRecord.created_at))
        .where(SealedRecord.case_id == CaseRow.id)
        .scalar_subquery()
    )
    return func.greatest(CaseRow.opened_at, CaseRow.accepted_at, record)


def _held() -> ColumnElement[bool]:
    return select(Hold.case_id).where(Hold.case_id == CaseRow.id).exists()


def _class(row: CaseRow) -> str:
    return UNTAKEN if row.status == WAITING else TAKEN
