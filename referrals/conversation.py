"""Conversations as the bot and the dashboard share them: begin, receive, queue to send, erase.

Invariants: an arrived thing is stored before it is acknowledged and only once; what is sealed here
is bound to its conversation, its purpose and its row; nothing here commits.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import GoneError
from core.jobs import LANE, defer
from referrals.tables import ConversationRow, IncomingRow, OutgoingRow
from vault.envelope import DataKey
from vault.keys import KeyProvider

Json = dict[str, Any]
EVENT = "event"
"""The channel of what happens on our own side."""
NO_DRAFT: Json = {"texts": {}, "consents": []}


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's row together with the key that opens what hangs on it."""

    row: ConversationRow
    key: DataKey

    @classmethod
    def unlock(cls, row: ConversationRow, keys: KeyProvider) -> Self:
        """Unwrap the row's own key."""
        return cls(row, DataKey.unwrapped(keys, row.wrapped_key, context=f"conversation:{row.id}"))

    @property
    def address(self) -> str:
        """Where the channel reaches the person."""
        return self.key.unseal(self.row.address, context="address").decode()

    def state(self) -> Json | None:
        """What the dialogue wants to be handed back."""
        return self._read(self.row.state, "state")

    def keep_state(self, state: Json) -> None:
        """Seal the dialogue's state for the next turn."""
        self.row.state = self.seal(state, "state")

    def reach(self) -> tuple[str, ...]:
        """The times of day at which the person may be written to unasked; none if they may not."""
        return tuple((self._read(self.row.reach, "reach") or {}).get("when", ()))

    def keep_reach(self, when: Sequence[str]) -> None:
        """Seal when the person may be written to unasked; never, if at no time."""
        self.row.reach = self.seal({"when": list(when)}, "reach") if when else None

    def draft(self) -> Json:
        """Words and consents given so far, and the return code, if one was given."""
        return self._read(self.row.draft, "draft") or {"texts": {}, "consents": []}

    def keep_draft(self, draft: Json) -> None:
        """Seal words and consents until the report is submitted."""
        self.row.draft = self.seal(draft, "draft")

    def seal(self, content: Mapping[str, Any], context: str) -> bytes:
        """Seal JSON under the conversation's key, bound to `context`."""
        return self.key.seal(json.dumps(content).encode(), context=context)

    def unseal(self, sealed: bytes, context: str) -> Json:
        """Open what `seal` made for the same context."""
        content: Json = json.loads(self.key.unseal(sealed, context=context))
        return content

    def _read(self, sealed: bytes | None, context: str) -> Json | None:
        return None if sealed is None else self.unseal(sealed, context)


def fresh_row(
    keys: KeyProvider, channel: str, address: str, *, lapses_at: datetime
) -> ConversationRow:
    """A conversation that nobody has yet, with a key of its own."""
    identifier, key = uuid4(), DataKey.generate()
    return ConversationRow(
        id=identifier,
        channel=channel,
        contact=contact_fingerprint(keys, channel, address),
        wrapped_key=key.wrapped(keys, context=f"conversation:{identifier}"),
        address=key.seal(address.encode(), context="address"),
        lapses_at=lapses_at,
    )


def contact_fingerprint(keys: KeyProvider, channel: str, address: str) -> bytes:
    """What an address is looked up by; without the server's key it tells nothing."""
    return keys.fingerprint(f"{channel}\0{address}", purpose="contact")


async def receive(
    session: AsyncSession,
    keys: KeyProvider,
    *,
    channel: str,
    address: str,
    external_id: str,
    content: Json,
    now: datetime,
    idle: timedelta,
) -> UUID | None:
    """Store one arrival and ask for its turn; None if it had arrived before."""
    conversation = await _find_or_begin(session, keys, channel, address, now, idle)
    fresh = await session.scalar(
        insert(IncomingRow)
        .values(
            conversation_id=conversation.row.id,
            channel=channel,
            external_id=external_id,
            ref=content.get("ref"),
            sealed=conversation.seal(content, f"incoming:{external_id}"),
            received_at=now,
        )
        .on_conflict_do_nothing()
        .returning(IncomingRow.id)
    )
    if fresh is None:
        return None
    await defer(session, LANE, str(conversation.row.id))
    return conversation.row.id


async def _find_or_begin(
    session: AsyncSession,
    keys: KeyProvider,
    channel: str,
    address: str,
    now: datetime,
    idle: timedelta,
) -> Conversation:
    contact = contact_fingerprint(keys, channel, address)
    # Arrivals of one person are numbered in the order in which they are committed.
    await session.execute(
        select(func.pg_advisory_xact_lock(int.from_bytes(contact[:8], "big", signed=True)))
    )
    found = await session.scalar(
        select(ConversationRow).where(
            ConversationRow.channel == channel, ConversationRow.contact == contact
        )
    )
    if found is not None and found.lapses_at is not None and found.lapses_at <= now:
        await erase_conversation(session, found.id)
        found = None
    if found is None:
        found = fresh_row(keys, channel, address, lapses_at=now + idle)
        session.add(found)
        await session.flush()
    return Conversation.unlock(found, keys)


async def lock(
    session: AsyncSession, keys: KeyProvider, conversation_id: UUID
) -> Conversation | None:
    """The conversation, held for this transaction; None once it is erased."""
    row = await session.get(ConversationRow, conversation_id, with_for_update=True)
    return None if row is None else Conversation.unlock(row, keys)


async def lock_of_case(session: AsyncSession, keys: KeyProvider, case_id: UUID) -> Conversation:
    """The conversation of a case, held for this transaction."""
    row = await session.scalar(
        select(ConversationRow).where(ConversationRow.case_id == case_id).with_for_update()
    )
    if row is None:
        raise GoneError("the conversation of this case has ended")
    return Conversation.unlock(row, keys)


async def next_arrival(
    session: AsyncSession, conversation: Conversation
) -> tuple[IncomingRow, Json] | None:
    """The oldest arrival whose turn has not been done, with its content."""
    row = await session.scalar(
        select(IncomingRow)
        .where(IncomingRow.conversation_id == conversation.row.id, IncomingRow.sealed.is_not(None))
        .order_by(IncomingRow.id)
        .limit(1)
    )
    if row is None or row.sealed is None:
        return None
    return row, conversation.unseal(row.sealed, f"incoming:{row.external_id}")


async def note_event(
    session: AsyncSession, conversation: Conversation, event: str, **told: Any
) -> None:
    """Put an event (`claimed`, `returned`) into the conversation's own order of things."""
    external_id = str(uuid4())
    session.add(
        IncomingRow(
            conversation_id=conversation.row.id,
            channel=EVENT,
            external_id=external_id,
            sealed=conversation.seal(
                {"kind": "event", "event": event, **told}, f"incoming:{external_id}"
            ),
            received_at=func.now(),
        )
    )
    await defer(session, LANE, str(conversation.row.id))


def queue(
    session: AsyncSession,
    conversation: Conversation,
    content: Json,
    *,
    now: datetime,
    part: UUID | None = None,
    record_id: int | None = None,
) -> OutgoingRow:
    """Put one part at the end of what waits to be sent; the lane must be asked to send it."""
    part = part or uuid4()
    row = OutgoingRow(
        part=part,
        conversation_id=conversation.row.id,
        record_id=record_id,
        sealed=conversation.seal(content, f"outgoing:{part}"),
        changed_at=now,
    )
    session.add(row)
    return row


async def erase_conversation(session: AsyncSession, conversation_id: UUID) -> None:
    """Delete the row with its key and all that hangs on it."""
    await session.execute(delete(ConversationRow).where(ConversationRow.id == conversation_id))
