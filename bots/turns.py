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
from bots.unasked import UNASKED, plan_feedback
from core.identifiers import CaseId
from core.jobs import LANE, defer
from referrals.cases import add_message
from referrals.codes import shown
from referrals.conversation import EVENT, Conversation, next_arrival, queue
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
    conversation, content = await resume(
        session, parts.sealing.keys, conversation, content, now=now
    )
    turn = await parts.dialogue.turn(
        conversation.state(),
        content,
        sms=channel.capabilities.sms,
        owner=conversation.row.owner,
        files=channel.capabilities.files > 0,
    )
    closed = conversation.row.quiet and arrival.channel == EVENT
    conversation.row.quiet = closed or turn.hidden
    await _note(session, parts, conversation, arrival, content, now)
    if not turn.understood:
        await _file(session, conversation, content, now)
    occasion = Occasion(
        parts=parts, turn=turn, content=content, sms=channel.capabilities.sms, now=now
    )
    conversation = await apply(session, conversation, occasion)
    conversation.keep_state(turn.state)
    if arrival.channel != EVENT or conversation.row.case_id is not None:
        conversation.row.lapses_at = _lapses_at(parts, conversation, turn, now)
    if (not closed or content.get("event") in UNASKED) and await _is_last(
        session, conversation, content
    ):
        _answer(session, conversation, occasion)
    if conversation.row.id != lane:
        # Resumed or erased: the conversation that goes on has a lane of its own.
        await defer(session, LANE, str(conversation.row.id))


async def _note(
    session: AsyncSession,
    parts: Parts,
    conversation: Conversation,
    arrival: IncomingRow,
    content: Json,
    now: datetime,
) -> None:
    """Remember that the person is there, or have it asked later how their help was."""
    row = conversation.row
    if arrival.channel != EVENT:
        row.heard_at = now
        if not row.quiet:
            row.knocks, row.knocked_at = 0, None
    elif content["event"] == "claimed" and row.case_id is not None:
        await plan_feedback(session, parts, CaseId(row.case_id))


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


async def _is_last(session: AsyncSession, conversation: Conversation, content: Json) -> bool:
    """Whether a message is to be answered: of files that come together only the last one is."""
    if content["kind"] != "media":
        return True
    following = await next_arrival(session, conversation)
    if following is not None and following[1]["kind"] == "media":
        return False
    told = conversation.row.album
    conversation.row.album = content.get("album")
    return told is None or told != conversation.row.album


def _answer(session: AsyncSession, conversation: Conversation, occasion: Occasion) -> None:
    language, today = occasion.turn.language, occasion.now.date()
    numbers = occasion.parts.numbers
    values = {
        f"@numbers.{kind}": numbers.lines(kind, language, today) for kind in numbers.kinds(today)
    }
    values |= {"@receipts": "\n".join(occasion.content.get("codes", ()))}
    if code := conversation.draft().get("code"):
        values["@code"] = shown(code)
    for message in render(
        (*occasion.turn.replies, *occasion.said),
        language=occasion.turn.language,
        capabilities=occasion.parts.adapters[conversation.row.channel].capabilities,
        catalogs=occasion.parts.catalogs,
        values=values,
    ):
        queue(session, conversation, message.to_json(), now=occasion.now)
