"""The way back: a return code typed into any chat brings its conversation there.

Invariants: what has lapsed opens nothing; a wrong code and one that comes too soon look the same;
a code is good as often as it is needed, so nobody has to write down a new one.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bots.attempts import may_try, note_failure
from bots.dialogue import Json
from referrals.codes import read_code
from referrals.conversation import Conversation, erase_conversation
from referrals.tables import ConversationRow, IncomingRow, OutgoingRow
from vault.keys import KeyProvider

RESUMED: Json = {"kind": "event", "event": "resumed"}
"""On another phone."""
UNLOCKED: Json = {"kind": "event", "event": "unlocked"}
"""On the phone where the conversation is."""


async def resume(
    session: AsyncSession,
    keys: KeyProvider,
    here: Conversation,
    content: Json,
    *,
    now: datetime,
) -> tuple[Conversation, Json]:
    """The conversation that goes on, and what the dialogue hears: an event if a code opened it.

    What has the form of a code and opens nothing stays what it was, marked: it may be an answer.
    """
    code = read_code(content.get("text") or "") if content.get("kind") == "text" else None
    if code is None:
        return here, content
    fingerprint = code_fingerprint(keys, code)
    if here.row.case_id is not None and here.row.code != fingerprint:
        return here, content
    if not await may_try(session, here.row.contact, now=now):
        return here, {**content, "code": True}
    row = await _found(session, fingerprint, now)
    if row is None:
        await note_failure(session, here.row.contact, now=now)
        return here, {**content, "code": True}
    if row.id == here.row.id:
        return here, UNLOCKED
    return await _move(session, keys, here, row), RESUMED


async def _found(
    session: AsyncSession, fingerprint: bytes, now: datetime
) -> ConversationRow | None:
    row: ConversationRow | None = await session.scalar(
        select(ConversationRow)
        .where(
            ConversationRow.code == fingerprint,
            # What has lapsed is gone, even if it is not swept away yet.
            ConversationRow.lapses_at.is_(None) | (ConversationRow.lapses_at > now),
        )
        .with_for_update()
    )
    return row


async def _move(
    session: AsyncSession, keys: KeyProvider, here: Conversation, row: ConversationRow
) -> Conversation:
    """Bring a conversation to the contact that typed its code, in the place of what was there."""
    there = Conversation.unlock(row, keys)
    channel, contact, address = here.row.channel, here.row.contact, here.address
    session.expunge(here.row)
    await erase_conversation(session, here.row.id)
    row.channel, row.contact = channel, contact
    row.address = there.key.seal(address.encode(), context="address")
    # What stands in the old chat can't be taken out of the new one.
    moved = update(OutgoingRow).where(OutgoingRow.conversation_id == row.id)
    await session.execute(moved.where(OutgoingRow.sealed.is_(None)).values(external_id=None))
    await session.execute(
        update(IncomingRow).where(IncomingRow.conversation_id == row.id).values(ref=None)
    )
    return there


def code_fingerprint(keys: KeyProvider, code: str) -> bytes:
    """What a return code is looked up by."""
    return keys.fingerprint(code, purpose="return code")
