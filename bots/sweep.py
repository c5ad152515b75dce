"""Housekeeping: what has lapsed is erased, and work that lost its job is found again."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import case, delete, select

from bots.attempts import forget_attempts
from bots.media.intake import due_files
from bots.parts import Parts, now
from core.errors import GoneError
from core.jobs import FILE, LANE, defer
from referrals.cases import left_drafts
from referrals.conversation import Conversation, note_event
from referrals.tables import BOT, ConversationRow, IncomingRow, OutgoingRow
from vault.cases import shred


async def notice_silence(parts: Parts, moment: datetime) -> None:
    """Let the dialogue close the chats in which nothing was written for a while."""
    silent = case(
        (ConversationRow.owner == BOT, ConversationRow.heard_at <= moment - parts.idle),
        else_=ConversationRow.heard_at <= moment - parts.live,
    )
    async with parts.sessions.begin() as session:
        rows = await session.scalars(
            select(ConversationRow).where(silent).with_for_update(skip_locked=True)
        )
        for row in rows:
            row.heard_at = None
            await note_event(session, Conversation.unlock(row, parts.sealing.keys), "idle")


async def sweep(parts: Parts) -> None:
    """Erase what has lapsed, and wake lanes that hold work without a job."""
    moment = now()
    async with parts.sessions.begin() as session:
        await session.execute(delete(ConversationRow).where(ConversationRow.lapses_at <= moment))
        left = await left_drafts(session)
        await forget_attempts(session, now=moment)
    await notice_silence(parts, moment)
    for case_id in left:
        with suppress(GoneError):  # another worker was faster
            async with parts.sessions.begin() as session:
                await shred(session, case_id, store=parts.sealing.store, actor="server")
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
        for file_id in await due_files(session, at=moment):
            await defer(session, FILE, str(file_id))
