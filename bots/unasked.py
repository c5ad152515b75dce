"""Writing first: only to whom it is agreed, at a safe time, and of nothing but something harmless.

Invariants: a person is knocked at twice at most until they are back; what it is about is said only
after the safe word, which the dialogue asks for; nothing here has a word of its own.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bots.parts import Parts, now
from core.identifiers import CaseId
from core.jobs import FEEDBACK, LANE, defer
from referrals.contact import next_safe
from referrals.conversation import Conversation, lock, note_event
from referrals.feedback import begin_round, end_round, open_round
from referrals.tables import ConversationRow, IncomingRow, OutgoingRow

UNASKED = frozenset({"knock", "feedback"})
"""The events at which something is said to somebody who is not there."""
MOST = 2
PAUSE = timedelta(days=1)
"""Between one knock and the next; and before a question is put off again."""


async def knock(parts: Parts, conversation_id: UUID) -> None:
    """Tell a person who has left the chat that somebody wrote to them, if that is wanted."""
    moment = now()
    async with parts.sessions.begin() as session:
        conversation = await lock(session, parts.sealing.keys, conversation_id)
        if conversation is None or not await _is_awaited(session, conversation):
            return
        row = conversation.row
        due = next_safe(conversation.reach(), now=_earliest(row, moment), zone=parts.zone)
        if due is None or row.knocks >= MOST:
            return
        if due <= moment:
            await _knock(session, conversation, "knock", moment)
            due = moment + PAUSE
        if row.knocks < MOST:
            await defer(session, LANE, str(conversation_id), at=due)


async def plan_feedback(session: AsyncSession, parts: Parts, case_id: CaseId) -> None:
    """Have it asked some days after a professional took a case how their help is."""
    if await begin_round(session, case_id):
        await defer(session, FEEDBACK, str(case_id), at=now() + parts.feedback_after)


async def ask_feedback(parts: Parts, case_id: CaseId) -> None:
    """Ask how the help was, or put it off to a safe time; twice at most."""
    moment = now()
    async with parts.sessions.begin() as session:
        asked = await open_round(session, case_id)
        if asked is None:
            return
        conversation = await lock(session, parts.sealing.keys, asked.conversation_id)
        due = None
        if conversation is not None and asked.asked < MOST:
            due = next_safe(conversation.reach(), now=moment, zone=parts.zone)
        if conversation is None or due is None:
            await end_round(session, case_id)
            return
        if due <= moment and await _is_quiet(session, conversation):
            asked.asked += 1
            await _knock(session, conversation, "feedback", moment)
        due = max(due, moment + PAUSE) if due <= moment else due
        await defer(session, FEEDBACK, str(case_id), at=due)


async def _knock(
    session: AsyncSession, conversation: Conversation, event: str, moment: datetime
) -> None:
    conversation.row.knocks += 1
    conversation.row.knocked_at = moment
    await note_event(session, conversation, event)


def _earliest(row: ConversationRow, moment: datetime) -> datetime:
    return moment if row.knocked_at is None else max(moment, row.knocked_at + PAUSE)


async def _is_awaited(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether the person is away and a professional's words wait for them."""
    waiting = exists().where(
        OutgoingRow.conversation_id == conversation.row.id,
        OutgoingRow.sealed.is_not(None),
        OutgoingRow.record_id.is_not(None),
    )
    return conversation.row.quiet and bool(await session.scalar(select(waiting)))


async def _is_quiet(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether the chat rests: nobody has just written, and no professional's words wait."""
    arriving = exists().where(
        IncomingRow.conversation_id == conversation.row.id, IncomingRow.sealed.is_not(None)
    )
    resting = conversation.row.quiet or conversation.row.heard_at is None
    return (
        resting
        and not await _is_awaited(session, conversation)
        and not await session.scalar(select(arriving))
    )
