"""One arrival's turn: who answers it, and what its effects change, in one transaction.

Invariants: the bot says nothing over a professional; before a person agrees that answers are kept
only the sealed state remains of a turn, and it lapses; the arrival's own content is destroyed in
the transaction that did its turn.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bots.dialogue import Json, Turn
from bots.effects import Occasion, apply
from bots.parts import Parts
from bots.rendering import render
from bots.resume import resume
from core.identifiers import CaseId
from core.jobs import LANE, defer
from referrals.cases import add_message
from referrals.codes import shown
from referrals.conversation import EVENT, Conversation, queue
from referrals.tables import BOT, IncomingRow


async def take_turn(
    session: AsyncSession,
    parts: Parts,
    conversation: Conversation,
    arrival: IncomingRow,
    content: Json,
    now: datetime,
) -> None:
    """Do the turn of one arrival in a conversation that this transaction holds."""
    channel, lane = parts.adapters[conversation.row.channel], conversation.row.id
    arrival.sealed = None
    await session.flush()
    found = await resume(session, parts.sealing.keys, conversation, content, now=now)
    if found is not None:
        conversation, content = found, {"kind": "event", "event": "resumed"}
    turn = await parts.dialogue.turn(
        conversation.state(), content, sms=channel.capabilities.sms, owner=conversation.row.owner
    )
    closed = conversation.row.quiet and arrival.channel == EVENT
    conversation.row.quiet = closed or turn.hidden
    if not turn.understood:
        await _file(session, conversation, content, now)
    occasion = Occasion(
        parts=parts, turn=turn, content=content, sms=channel.capabilities.sms, now=now
    )
    conversation = await apply(session, conversation, occasion)
    conversation.keep_state(turn.state)
    conversation.row.lapses_at = _lapses_at(parts, conversation, turn, now)
    if not closed:
        _answer(session, conversation, occasion)
    if conversation.row.id != lane:
        # Resumed or erased: the conversation that goes on has a lane of its own.
        await defer(session, LANE, str(conversation.row.id))


async def _file(
    session: AsyncSession, conversation: Conversation, content: Json, now: datetime
) -> None:
    """Put what was written to a person into the case."""
    case_id, text = conversation.row.case_id, content.get("text")
    if conversation.row.owner != BOT and case_id is not None and text:
        await add_message(session, CaseId(case_id), author="survivor", text=text, now=now)


def _lapses_at(
    parts: Parts, conversation: Conversation, turn: Turn, now: datetime
) -> datetime | None:
    if conversation.row.case_id is not None:
        return None
    return now + (parts.draft_life if turn.kept else parts.idle)


def _answer(session: AsyncSession, conversation: Conversation, occasion: Occasion) -> None:
    code = conversation.draft().get("code")
    for message in render(
        occasion.turn.replies,
        language=occasion.turn.language,
        capabilities=occasion.parts.adapters[conversation.row.channel].capabilities,
        catalogs=occasion.parts.catalogs,
        values={"@code": shown(code)} if code else {},
    ):
        queue(session, conversation, message.to_json(), now=occasion.now)
