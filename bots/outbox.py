"""The way out: one row a part, sent in order, each at most once as far as the channel can tell.

Invariants: a row is marked `sending` and committed before the channel sees it, so after a crash
what may have gone out is looked up, not blindly repeated; nothing overtakes an earlier part of its
chat; a status only moves forward; no row is held while the network is waited for.
"""

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bots.adapter import (
    Adapter,
    Choice,
    Outbound,
    PermanentError,
    RetryableError,
    Status,
)
from bots.pace import reserve
from bots.parts import Parts, now
from core.database import announce
from core.jobs import LANE, defer
from referrals.cases import CASE_CHANNEL
from referrals.conversation import Conversation
from referrals.tables import ConversationRow, OutgoingRow

log = logging.getLogger(__name__)

ORDER = {"queued": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}
PATIENCE = timedelta(seconds=2)
"""A slot that begins later than this is left to a later job."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 600.0
MOST_ATTEMPTS = 30
"""About four hours of trying; a staler message would confuse or endanger."""


@dataclass(frozen=True, slots=True)
class Due:
    """A part that is about to be sent."""

    row: OutgoingRow
    outbound: Outbound
    since: datetime
    """When it was first handed over, if it may have gone out already."""
    ambiguous: bool


async def send_waiting(parts: Parts, conversation_id: UUID) -> None:
    """Send what waits in one conversation, in order, until nothing is due."""
    while (due := await _next(parts, conversation_id)) is not None:
        adapter, found = due
        if not await _deliver(parts, adapter, found):
            return


async def note_status(
    session: AsyncSession, channel: str, status: Status, *, now: datetime
) -> None:
    """Move a sent part's status forward as the channel reports it; late reports change nothing."""
    order = case(ORDER, value=OutgoingRow.status)
    await session.execute(
        update(OutgoingRow)
        .where(
            OutgoingRow.external_id == status.external_id,
            OutgoingRow.conversation_id == ConversationRow.id,
            ConversationRow.channel == channel,
            order < ORDER[status.status],
        )
        .values(status=status.status, problem=status.problem, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    case_id = await session.scalar(
        select(ConversationRow.case_id)
        .join(OutgoingRow, OutgoingRow.conversation_id == ConversationRow.id)
        .where(OutgoingRow.external_id == status.external_id, ConversationRow.channel == channel)
    )
    if case_id is not None:
        await announce(session, CASE_CHANNEL, str(case_id))


async def _next(parts: Parts, conversation_id: UUID) -> tuple[Adapter, Due] | None:
    """Mark the oldest waiting part as being sent; None if nothing is due now."""
    async with parts.sessions.begin() as session:
        row = await session.get(ConversationRow, conversation_id)
        if row is None:
            return None
        found = await _oldest(session, row)
        moment = now()
        if found is None or found.sealed is None:
            return None
        if found.next_at is not None and found.next_at > moment:
            return None
        adapter = parts.adapters[row.channel]
        slot = await _take_slot(session, adapter, str(row.id), moment)
        if slot - moment > PATIENCE:
            found.next_at = slot
            await defer(session, LANE, str(row.id), at=slot)
            return None
        ambiguous = found.status == "sending"
        due = Due(
            found,
            _outbound(parts, Conversation.unlock(row, parts.sealing.keys), found),
            since=found.changed_at,
            ambiguous=ambiguous,
        )
        found.status, found.attempts = "sending", found.attempts + 1
        found.changed_at = found.changed_at if ambiguous else moment
    await asyncio.sleep((slot - moment).total_seconds())
    return adapter, due


async def _take_slot(
    session: AsyncSession, adapter: Adapter, chat: str, moment: datetime
) -> datetime:
    """When the part may go out; a slot that is too far off is left for others."""
    reserved = await session.begin_nested()
    slot = await reserve(
        session, adapter.capabilities.rate, channel=adapter.name, chat=chat, now=moment
    )
    await (reserved.rollback() if slot - moment > PATIENCE else reserved.commit())
    return slot


async def _oldest(session: AsyncSession, conversation: ConversationRow) -> OutgoingRow | None:
    """The part whose turn it is; while the chat is quiet a professional's words wait."""
    waiting = select(OutgoingRow).where(
        OutgoingRow.conversation_id == conversation.id, OutgoingRow.sealed.is_not(None)
    )
    if conversation.quiet:
        waiting = waiting.where(OutgoingRow.record_id.is_(None))
    return await session.scalar(waiting.order_by(OutgoingRow.id).limit(1))


def _outbound(parts: Parts, conversation: Conversation, row: OutgoingRow) -> Outbound:
    assert row.sealed is not None  # noqa: S101 - only waiting parts come here
    content: dict[str, Any] = conversation.unseal(row.sealed, f"outgoing:{row.part}")
    return Outbound(
        part=row.part,
        address=conversation.address,
        text=content["text"],
        asset=parts.catalogs.assets.path(name) if (name := content.get("asset")) else None,
        choices=tuple(Choice(**choice) for choice in content.get("choices", ())),
        numbered=content.get("numbered", False),
        turn=content.get("turn"),
    )


async def _deliver(parts: Parts, adapter: Adapter, due: Due) -> bool:
    """Hand one part over and note what came of it; False if the rest has to wait."""
    if not (due.outbound.text or due.outbound.asset):
        # A picture that is gone since; the words that it went with have a part of their own.
        await _close(parts, due, status="failed", problem="invalid")
        return True
    try:
        external_id = await adapter.find(due.outbound, due.since) if due.ambiguous else None
        external_id = external_id or await adapter.send(due.outbound)
    except PermanentError as error:
        await _close(parts, due, status="failed", problem=error.problem)
        return True
    except RetryableError as error:
        return await _later(parts, due, error)
    await _close(parts, due, status="sent", external_id=external_id)
    return True


async def _close(
    parts: Parts,
    due: Due,
    *,
    status: str,
    problem: str | None = None,
    external_id: str | None = None,
) -> None:
    """Note that the channel has the part, or never will; its words are destroyed here."""
    async with parts.sessions.begin() as session:
        await session.execute(
            update(OutgoingRow)
            .where(OutgoingRow.id == due.row.id, OutgoingRow.status == "sending")
            .values(
                status=status,
                problem=problem,
                external_id=external_id,
                sealed=None,
                next_at=None,
                changed_at=now(),
            )
        )
        await _tell_the_case(session, due.row)
    if problem is not None:
        log.warning("part %s not delivered: %s", due.row.part, problem)


async def _later(parts: Parts, due: Due, error: RetryableError) -> bool:
    """Try again after a pause that grows, or give up on what has become stale."""
    if due.row.attempts >= MOST_ATTEMPTS:
        await _close(parts, due, status="failed", problem="unreachable")
        return True
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (due.row.attempts - 1))
    # Jitter spreads the chats that an outage has lined up; it needs no secret randomness.
    pause = error.after or longest * random.uniform(0.5, 1)  # noqa: S311
    moment = now() + timedelta(seconds=pause)
    async with parts.sessions.begin() as session:
        await session.execute(
            update(OutgoingRow)
            .where(OutgoingRow.id == due.row.id)
            .values(status="sending" if error.ambiguous else "queued", next_at=moment)
        )
        await defer(session, LANE, str(due.row.conversation_id), at=moment)
    return False


async def _tell_the_case(session: AsyncSession, row: OutgoingRow) -> None:
    if row.record_id is None:
        return
    case_id = await session.scalar(
        select(ConversationRow.case_id).where(ConversationRow.id == row.conversation_id)
    )
    if case_id is not None:
        await announce(session, CASE_CHANNEL, str(case_id))
