"""Housekeeping: what has lapsed is erased, and work that lost its job is found again."""

from sqlalchemy import delete, select

from bots.parts import Parts, now
from core.jobs import LANE, defer
from referrals.tables import ConversationRow, IncomingRow, OutgoingRow


async def sweep(parts: Parts) -> None:
    """Erase what has lapsed, and wake lanes that hold work without a job."""
    moment = now()
    async with parts.sessions.begin() as session:
        await session.execute(delete(ConversationRow).where(ConversationRow.lapses_at <= moment))
    waiting = (
        select(IncomingRow.conversation_id)
        .where(IncomingRow.sealed.is_not(None))
        .union(
            select(OutgoingRow.conversation_id)
            .join(ConversationRow, ConversationRow.id == OutgoingRow.conversation_id)
            .where(
                OutgoingRow.sealed.is_not(None),
                (OutgoingRow.next_at.is_(None)) | (OutgoingRow.next_at <= moment),
                ~ConversationRow.quiet | OutgoingRow.record_id.is_(None),
            )
        )
    )
    async with parts.sessions.begin() as session:
        for conversation_id in (await session.scalars(waiting)).all():
            await defer(session, LANE, str(conversation_id))
