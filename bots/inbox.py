"""The way in: what a channel's adapter has parsed is stored, then acknowledged, then handled.

Invariants: nothing is acknowledged before its commit; a duplicate changes nothing.
"""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bots.adapter import Adapter, Arrived, Message, OptIn, OptOut, Status
from bots.outbox import note_status
from bots.parts import Parts, now
from referrals.conversation import contact_fingerprint, receive
from referrals.tables import ConversationRow, IncomingRow, OutgoingRow

# What a turn needs of a message; the rest stays with the provider.
CONTENT = ("kind", "text", "choice", "turn", "media", "files", "album", "ref")


async def ingest(parts: Parts, adapter: Adapter, arrived: Iterable[Arrived]) -> None:
    """Store what arrived in one transaction and ask for its turns; then tell the provider."""
    arrived = tuple(arrived)
    async with parts.sessions.begin() as session:
        for one in arrived:
            await _store(session, parts, adapter, one)
    for one in arrived:
        if isinstance(one, Message):
            await adapter.acknowledge(one)


async def is_settled(parts: Parts, channel: str, address: str) -> bool:
    """Whether everything that a contact sent has been answered, and every answer sent."""
    contact = contact_fingerprint(parts.sealing.keys, channel, address)
    whose = and_(ConversationRow.channel == channel, ConversationRow.contact == contact)
    arrived = (
        exists()
        .where(whose, IncomingRow.conversation_id == ConversationRow.id)
        .where(IncomingRow.sealed.is_not(None))
    )
    leaving = (
        exists()
        .where(whose, OutgoingRow.conversation_id == ConversationRow.id)
        .where(OutgoingRow.sealed.is_not(None))
        .where(~ConversationRow.quiet | OutgoingRow.record_id.is_(None))
    )
    async with parts.sessions() as session:
        return not await session.scalar(select(arrived | leaving))


async def _store(session: AsyncSession, parts: Parts, adapter: Adapter, one: Arrived) -> None:
    match one:
        case Message(kind="edit"):
            # What was answered stays answered: an edit must not loop through the dialogue.
            return
        case Message():
            fields = asdict(one)
            await receive(
                session,
                parts.sealing.keys,
                channel=adapter.name,
                address=one.contact,
                external_id=one.external_id,
                content={name: fields[name] for name in CONTENT},
                now=now(),
                idle=parts.idle,
            )
        case Status():
            await note_status(session, adapter.name, one, now=now())
        case OptOut() | OptIn():
            await _set_quiet(session, parts, adapter, one.contact, quiet=isinstance(one, OptOut))


async def _set_quiet(
    session: AsyncSession, parts: Parts, adapter: Adapter, contact: str, *, quiet: bool
) -> None:
    fingerprint = contact_fingerprint(parts.sealing.keys, adapter.name, contact)
    await session.execute(
        update(ConversationRow)
        .where(ConversationRow.channel == adapter.name, ConversationRow.contact == fingerprint)
        .values(quiet=quiet)
    )
