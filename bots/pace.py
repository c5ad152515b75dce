"""Pacing: when the next part may go out, per channel and per chat, for any number of processes.

The generic cell rate algorithm on one row per key: `free_at` is the moment at which the key has
fully recovered; a send is allowed while that lies less than `burst - 1` intervals ahead.
"""

from datetime import datetime, timedelta
from math import isinf

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bots.adapter import Rate
from core.database import Base


class PaceRow(Base):
    """One key's recovery."""

    __tablename__ = "paces"

    key: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime]


async def reserve(
    session: AsyncSession, rate: Rate, *, channel: str, chat: str, now: datetime
) -> datetime:
    """Take the next slot of the channel and the chat; gives the moment at which it begins."""
    overall = await _slot(session, channel, rate.overall, rate.burst, now)
    own = await _slot(session, f"{channel}:{chat}", rate.per_chat, rate.burst, now)
    return max(overall, own)


async def _slot(
    session: AsyncSession, key: str, per_second: float, burst: int, now: datetime
) -> datetime:
    if isinf(per_second):
        return now
    interval = timedelta(seconds=1 / per_second)
    free_at = await session.scalar(
        insert(PaceRow)
        .values(key=key, free_at=now + interval)
        .on_conflict_do_update(
            index_elements=[PaceRow.key],
            set_={"free_at": func.greatest(PaceRow.free_at, now) + interval},
        )
        .returning(PaceRow.free_at)
    )
    assert free_at is not None  # noqa: S101 - an upsert returns its row
    slot: datetime = max(now, free_at - interval * burst)
    return slot
