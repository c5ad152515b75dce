"""Parts go out in order and once; what can't be sent says why; statuses only move forward."""

from datetime import UTC, datetime

from sqlalchemy import select, update

from bots.adapter import PermanentError, RetryableError, Status
from bots.outbox import note_status
from referrals.tables import ConversationRow, OutgoingRow
from tests.fakes.dialogue import turn
from tests.fakes.gateway import Gateway

SEVERAL = ("say.greeting", "say.thanks", "say.skipped")


async def test_parts_of_a_turn_go_out_in_order(gateway: Gateway) -> None:
    gateway.dialogue.turns.append(turn(*SEVERAL))
    await gateway.hear("hi", external_id="m1")
    rows = await _rows(gateway)
    assert [row.part for row in rows] == [one.part for one in gateway.channel.sent]
    assert {row.status for row in rows} == {"sent"}
    assert all(row.sealed is None for row in rows)


async def test_a_retryable_failure_is_tried_again_and_keeps_the_order(gateway: Gateway) -> None:
    gateway.channel.failures.append(RetryableError(after=0.0))
    await gateway.hear("one", external_id="m1")
    assert gateway.channel.sent == []
    await _no_waiting(gateway)
    await gateway.hear("two", external_id="m2")
    assert len(gateway.channel.sent) == 2
    parts = [row.part for row in await _rows(gateway)]
    assert [one.part for one in gateway.channel.sent] == parts


async def test_a_permanent_failure_says_why_and_lets_the_next_pass(gateway: Gateway) -> None:
    gateway.channel.failures.append(PermanentError("blocked"))
    await gateway.hear("one", external_id="m1")
    await gateway.hear("two", external_id="m2")
    first, second = await _rows(gateway)
    assert (first.status, first.problem, first.sealed) == ("failed", "blocked", None)
    assert second.status == "sent"


async def test_after_a_crash_while_sending_the_provider_is_asked_first(gateway: Gateway) -> None:
    gateway.channel.failures.append(RetryableError(ambiguous=True))
    await gateway.hear("one", external_id="m1")
    (row,) = await _rows(gateway)
    assert row.status == "sending"
    gateway.channel.already[str(row.part)] = "ext-1"
    await _no_waiting(gateway)
    await gateway.run()
    (row,) = await _rows(gateway)
    assert (row.status, row.external_id) == ("sent", "ext-1")
    assert gateway.channel.sent == []


async def test_a_status_only_moves_forward(gateway: Gateway) -> None:
    await gateway.hear("one", external_id="m1")
    (row,) = await _rows(gateway)
    assert row.external_id is not None
    for status in ("delivered", "sent", "read", "delivered"):
        async with gateway.parts.sessions.begin() as session:
            arrived = Status(external_id=row.external_id, status=status)
            await note_status(session, gateway.channel.name, arrived, now=datetime.now(UTC))
    assert (await _rows(gateway))[0].status == "read"


async def test_a_status_of_another_channel_changes_nothing(gateway: Gateway) -> None:
    await gateway.hear("one", external_id="m1")
    (row,) = await _rows(gateway)
    assert row.external_id is not None
    async with gateway.parts.sessions.begin() as session:
        arrived = Status(external_id=row.external_id, status="failed")
        await note_status(session, "another", arrived, now=datetime.now(UTC))
    assert (await _rows(gateway))[0].status == "sent"


async def test_a_professionals_words_wait_while_the_chat_is_hidden(gateway: Gateway) -> None:
    await gateway.hear("hi", external_id="m1")
    async with gateway.parts.sessions.begin() as session:
        await session.execute(update(ConversationRow).values(quiet=True))
        await session.execute(update(OutgoingRow).values(sealed=b"", record_id=1))
    await gateway.run()
    assert len(gateway.channel.sent) == 1


async def _rows(gateway: Gateway) -> list[OutgoingRow]:
    async with gateway.parts.sessions() as session:
        return list(await session.scalars(select(OutgoingRow).order_by(OutgoingRow.id)))


async def _no_waiting(gateway: Gateway) -> None:
    """As if the pause before the next try were over."""
    async with gateway.parts.sessions.begin() as session:
        await session.execute(update(OutgoingRow).values(next_at=None))
