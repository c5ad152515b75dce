"""A lane repeats and forgets nothing, whatever breaks while it runs."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from bots.lanes import run_lane
from bots.sweep import sweep
from referrals.tables import ConversationRow, IncomingRow
from tests.fakes.dialogue import turn
from tests.fakes.gateway import Gateway


async def test_the_dialogue_gets_back_the_state_that_it_gave(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(turn("say.greeting", state={"asked": "language"}))
    await gateway.hear("hi", external_id="m1")
    await gateway.hear("1", external_id="m2")
    assert [one["state"] for one in gateway.dialogue.asked] == [None, {"asked": "language"}]


async def test_a_message_is_destroyed_once_its_turn_is_done(gateway: Gateway) -> None:
    await gateway.hear("hi", external_id="m1")
    async with gateway.parts.sessions() as session:
        assert (await session.scalars(select(IncomingRow))).one().sealed is None


async def test_while_the_dialogue_is_down_the_message_waits(gateway: Gateway) -> None:
    gateway.dialogue.down = True
    await gateway.hear("hi", external_id="m1")
    assert gateway.channel.sent == []
    gateway.dialogue.down = False
    await gateway.run()
    assert gateway.dialogue.heard == ["hi"]
    assert len(gateway.channel.sent) == 1


async def test_a_failing_turn_leaves_everything_as_it_was(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(turn("say.greeting", effects=({"do": "keep_text"},)))
    await gateway.arrive("hi", external_id="m1")
    with pytest.raises(KeyError):
        await gateway.run()
    assert (await gateway.row()).state is None
    await gateway.run()
    assert gateway.dialogue.heard == ["hi", "hi"]
    assert len(gateway.channel.sent) == 1


async def test_an_unkept_conversation_lapses(gateway: Gateway) -> None:
    await gateway.hear("hi", external_id="m1")
    await _age(gateway, timedelta(minutes=11))
    await sweep(gateway.parts)
    assert await gateway.conversations() == []


async def test_a_lapsed_conversation_begins_anew_even_before_it_is_swept(gateway: Gateway) -> None:
    await gateway.hear("hi", external_id="m1")
    await _age(gateway, timedelta(minutes=11))
    await gateway.hear("hi again", external_id="m2")
    assert gateway.dialogue.asked[-1]["state"] is None


async def test_a_kept_draft_waits_three_days(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(turn("say.greeting", kept=True))
    await gateway.hear("hi", external_id="m1")
    await _age(gateway, timedelta(hours=71))
    await sweep(gateway.parts)
    assert len(await gateway.conversations()) == 1
    await _age(gateway, timedelta(hours=2))
    await sweep(gateway.parts)
    assert await gateway.conversations() == []


async def test_a_lane_of_an_erased_conversation_does_nothing(gateway: Gateway) -> None:
    await gateway.hear("hi", external_id="m1")
    (conversation_id,) = await gateway.conversations()
    async with gateway.parts.sessions.begin() as session:
        await session.execute(text("DELETE FROM conversations"))
    await run_lane(gateway.parts, conversation_id)
    assert gateway.dialogue.heard == ["hi"]


async def test_work_that_lost_its_job_is_found_again(gateway: Gateway) -> None:
    await gateway.arrive("hi", external_id="m1")
    async with gateway.parts.sessions.begin() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    await sweep(gateway.parts)
    async with gateway.parts.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1


async def _age(gateway: Gateway, by: timedelta) -> None:
    """As if `by` had passed since the last message."""
    async with gateway.parts.sessions.begin() as session:
        row = (await session.scalars(select(ConversationRow))).one()
        assert row.lapses_at is not None
        assert row.lapses_at > datetime.now(UTC)
        await session.execute(update(ConversationRow).values(lapses_at=row.lapses_at - by))
