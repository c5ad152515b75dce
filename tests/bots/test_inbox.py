"""What arrives is kept once, before it is acknowledged, and readable to nobody in between."""

from sqlalchemy import select, text

from bots.adapter import Message
from bots.inbox import ingest, is_settled
from referrals.tables import IncomingRow
from tests.fakes.gateway import PHONE, Gateway


async def test_a_duplicate_changes_nothing(gateway: Gateway) -> None:
    await gateway.hear("hi", external_id="m1")
    await gateway.hear("hi", external_id="m1")
    assert gateway.dialogue.heard == ["hi"]


async def test_the_provider_is_told_after_the_commit(gateway: Gateway) -> None:
    await gateway.arrive("hi", external_id="m1")
    assert gateway.channel.acknowledged == ["m1"]
    async with gateway.parts.sessions() as session:
        assert len((await session.scalars(select(IncomingRow))).all()) == 1


async def test_a_burst_asks_for_one_job(gateway: Gateway) -> None:
    for number in range(5):
        await gateway.arrive(f"word {number}", external_id=f"m{number}")
    async with gateway.parts.sessions() as session:
        jobs = await session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))
    assert jobs == 1


async def test_what_arrived_is_handled_in_its_order(gateway: Gateway) -> None:
    for number in range(5):
        await gateway.arrive(f"word {number}", external_id=f"m{number}")
    await gateway.run()
    assert gateway.dialogue.heard == [f"word {number}" for number in range(5)]


async def test_an_edited_message_is_no_new_answer(gateway: Gateway) -> None:
    edit = Message(external_id="m1:edit", contact=PHONE, kind="edit", text="2")
    await ingest(gateway.parts, gateway.channel, [edit])
    await gateway.run()
    assert gateway.dialogue.asked == []


async def test_neither_words_nor_numbers_are_in_the_row(gateway: Gateway) -> None:
    await gateway.arrive("unmistakable", external_id="m1")
    async with gateway.parts.sessions() as session:
        row = (await session.scalars(select(IncomingRow))).one()
        conversation = await gateway.row()
    kept = b"".join(
        (row.sealed or b"", conversation.contact, conversation.address, conversation.wrapped_key)
    )
    assert b"unmistakable" not in kept
    assert PHONE.encode() not in kept


async def test_a_contact_is_settled_once_everything_is_answered(gateway: Gateway) -> None:
    await gateway.arrive("hi", external_id="m1")
    assert not await is_settled(gateway.parts, gateway.channel.name, PHONE)
    await gateway.run()
    assert await is_settled(gateway.parts, gateway.channel.name, PHONE)
