"""A lane: everything that has arrived in one conversation, in order, then everything to be sent.

One job drains whatever has arrived by the time it runs, so a burst costs one job. Each arrival is
a transaction of its own, and what it caused is sent when that is committed; what a crash leaves
behind, the next run of the lane finds in the rows.
"""

import logging
from datetime import timedelta
from uuid import UUID

from bots.dialogue import DialogueDownError
from bots.outbox import send_waiting
from bots.parts import Parts, now
from bots.turns import take_turn
from bots.unasked import knock
from core.jobs import LANE, defer
from referrals.conversation import lock, next_arrival

log = logging.getLogger(__name__)

DIALOGUE_PAUSE = timedelta(seconds=2)


async def run_lane(parts: Parts, conversation_id: UUID) -> None:
    """Handle and answer what waits in one conversation."""
    await send_waiting(parts, conversation_id)
    await knock(parts, conversation_id)
    while await _handle_next(parts, conversation_id):
        await send_waiting(parts, conversation_id)


async def _handle_next(parts: Parts, conversation_id: UUID) -> bool:
    try:
        async with parts.sessions.begin() as session:
            conversation = await lock(session, parts.sealing.keys, conversation_id)
            if conversation is None:
                return False
            arrived = await next_arrival(session, conversation)
            if arrived is None:
                return False
            await take_turn(session, parts, conversation, *arrived, now())
    except DialogueDownError:
        log.warning("the dialogue is down; conversation %s waits", conversation_id)
        async with parts.sessions.begin() as session:
            await defer(session, LANE, str(conversation_id), at=now() + DIALOGUE_PAUSE)
        return False
    return True
