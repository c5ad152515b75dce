"""The way back: a return code typed into any chat brings its conversation there.

Guessing is limited per contact and forgiven when that contact's unkept conversation lapses, so a
survivor who mistypes is not locked out.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bots.dialogue import Json
from referrals.codes import read_code
from referrals.conversation import Conversation, erase_conversation
from referrals.tables import ConversationRow
from vault.keys import KeyProvider

WRONG_CODES = 5


async def resume(
    session: AsyncSession,
    keys: KeyProvider,
    here: Conversation,
    content: Json,
    *,
    now: datetime,
) -> Conversation | None:
    """Move the conversation that the typed code opens to this contact; None if there is none."""
    code = read_code(content.get("text") or "")
    if code is None or here.row.case_id is not None or here.row.wrong_codes >= WRONG_CODES:
        return None
    row = await session.scalar(
        select(ConversationRow)
        .where(
            ConversationRow.code == code_fingerprint(keys, code),
            ConversationRow.id != here.row.id,
            # What has lapsed is gone, even if it is not swept away yet.
            ConversationRow.lapses_at.is_(None) | (ConversationRow.lapses_at > now),
        )
        .with_for_update()
    )
    if row is None:
        here.row.wrong_codes += 1
        return None
    there = Conversation.unlock(row, keys)
    channel, contact, address = here.row.channel, here.row.contact, here.address
    session.expunge(here.row)
    await erase_conversation(session, here.row.id)
    row.channel, row.contact = channel, contact
    row.address = there.key.seal(address.encode(), context="address")
    return there


def code_fingerprint(keys: KeyProvider, code: str) -> bytes:
    """What a return code is looked up by."""
    return keys.fingerprint(code, purpose="return code")
