"""Writing first: to whom it is agreed, at a safe time, behind the safe word; and the feedback."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update

from bots.sweep import notice_silence
from bots.unasked import MOST, ask_feedback
from core.identifiers import CaseId, ProfessionalId
from referrals import feedback, handover
from referrals.conversation import Conversation
from referrals.tables import (
    CaseRow,
    ConversationRow,
    FeedbackRoundRow,
    FeedbackRow,
)
from tests.bots.test_effects import REPORT, kept
from tests.fakes.dialogue import turn
from tests.fakes.gateway import Gateway
from vault.age import Identity, Recipient
from vault.signing import ActorKey

ANY_TIME = ["morning", "midday", "evening", "night"]
IDENTITY = Identity.generate()


@dataclass(frozen=True)
class Doctor:
    """Who takes the case."""

    id: ProfessionalId
    recipient: Recipient = IDENTITY.recipient
    services: tuple[str, ...] = ("health",)
    child_trained: bool = False


DOCTOR, SIGNER = Doctor(ProfessionalId(UUID(int=7))), ActorKey.of(IDENTITY)


@pytest.fixture
def gateway(gateway: Gateway) -> Gateway:
    """Where it is about noon now, whenever the test runs."""
    hours = 12 - datetime.now(UTC).hour
    # The sign of these names is that of the longitude in the western sense.
    zone = ZoneInfo(f"Etc/GMT{-hours:+d}")
    gateway.parts = replace(gateway.parts, zone=zone)
    return gateway


async def taken(gateway: Gateway, *, when: list[str]) -> CaseId:
    """A case that a professional has taken; its person may be written to at these times."""
    gateway.dialogue.turns.append(
        kept(
            {"do": "submit", **REPORT},
            {"do": "handoff", "reason": "report", **REPORT},
            {"do": "contact", "when": when},
        )
    )
    await gateway.hear("1", external_id=f"t{uuid4()}")
    row = await gateway.row()
    assert row.case_id is not None
    case_id, keys = CaseId(row.case_id), gateway.parts.sealing.keys
    async with gateway.parts.sessions.begin() as session:
        await handover.claim(
            session, case_id, keys=keys, helper=DOCTOR, signer=SIGNER, now=datetime.now(UTC)
        )
    await gateway.run()
    return case_id


async def falls_silent(gateway: Gateway) -> None:
    """Nothing is written for longer than a professional's answer is expected."""
    async with gateway.parts.sessions.begin() as session:
        long_ago = datetime.now(UTC) - gateway.parts.live
        await session.execute(update(ConversationRow).values(heard_at=long_ago))
    gateway.dialogue.turns.append(turn(effects=({"do": "close"},)))
    await notice_silence(gateway.parts, datetime.now(UTC))
    await gateway.run()


async def writes(gateway: Gateway, case_id: CaseId) -> None:
    """The professional writes into the chat."""
    async with gateway.parts.sessions.begin() as session:
        await handover.reply(
            session,
            case_id,
            keys=gateway.parts.sealing.keys,
            professional=DOCTOR.id,
            signer=SIGNER,
            text="How are you?",
            client_id=uuid4(),
            now=datetime.now(UTC),
        )


def cover() -> Any:
    return turn("hide.weather.1", hidden=True)


async def test_silence_is_noticed_once(gateway: Gateway) -> None:
    await taken(gateway, when=[])
    await falls_silent(gateway)
    assert gateway.dialogue.asked[-1]["message"] == {"kind": "event", "event": "idle"}
    assert (await gateway.row()).quiet
    before = len(gateway.dialogue.asked)
    await notice_silence(gateway.parts, datetime.now(UTC) + timedelta(days=1))
    await gateway.run()
    assert len(gateway.dialogue.asked) == before


async def test_a_chat_in_which_somebody_writes_is_not_silent(gateway: Gateway) -> None:
    await taken(gateway, when=[])
    await notice_silence(gateway.parts, datetime.now(UTC) + gateway.parts.live / 2)
    await gateway.run()
    assert not (await gateway.row()).quiet


async def test_an_expected_answer_comes_at_once(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=[])
    await writes(gateway, case_id)
    await gateway.run()
    assert gateway.channel.texts[-1] == "How are you?"


async def test_after_silence_an_answer_waits_until_they_write(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=[])
    await falls_silent(gateway)
    await writes(gateway, case_id)
    await gateway.run()
    assert "How are you?" not in gateway.channel.texts
    assert gateway.dialogue.asked[-1]["message"]["event"] == "idle"
    gateway.dialogue.turns.append(turn(understood=False))
    await gateway.hear("hello?", external_id="h1")
    assert gateway.channel.texts[-1] == "How are you?"


async def test_who_agreed_is_knocked_at_with_something_harmless(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=ANY_TIME)
    await falls_silent(gateway)
    await writes(gateway, case_id)
    gateway.dialogue.turns.append(cover())
    await gateway.run()
    assert gateway.dialogue.asked[-1]["message"] == {"kind": "event", "event": "knock"}
    assert gateway.channel.texts[-1].startswith("A cloudy morning")
    assert "How are you?" not in gateway.channel.texts
    gateway.dialogue.turns.append(turn("say.awake", effects=({"do": "unhide"},)))
    await gateway.hear("mango tree", external_id="h1")
    assert gateway.channel.texts[-2:] == ["How are you?", "Welcome back."]
    assert (await gateway.row()).knocks == 0


async def test_nobody_is_knocked_at_more_than_twice(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=ANY_TIME)
    await falls_silent(gateway)
    await writes(gateway, case_id)
    for _ in range(4):
        gateway.dialogue.turns.append(cover())
        await gateway.run()
        async with gateway.parts.sessions.begin() as session:
            day_ago = datetime.now(UTC) - timedelta(days=2)
            await session.execute(update(ConversationRow).values(knocked_at=day_ago))
    knocks = [one for one in gateway.dialogue.asked if one["message"].get("event") == "knock"]
    assert len(knocks) == MOST


async def test_one_knock_a_day(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=ANY_TIME)
    await falls_silent(gateway)
    await writes(gateway, case_id)
    for _ in range(3):
        gateway.dialogue.turns.append(cover())
        await gateway.run()
    assert (await gateway.row()).knocks == 1


async def test_when_they_may_be_written_to_is_not_in_clear(gateway: Gateway) -> None:
    await taken(gateway, when=["evening"])
    row = await gateway.row()
    assert row.reach is not None
    assert b"evening" not in row.reach
    assert Conversation.unlock(row, gateway.parts.sealing.keys).reach() == ("evening",)


# -- how the help was


async def answers(gateway: Gateway, **given: str) -> None:
    """The person answers the questions."""
    gateway.dialogue.turns.append(
        turn("say.feedback_thanks", effects=({"do": "feedback", **given},))
    )
    await gateway.hear("1", external_id=f"f{uuid4()}")


async def rounds(gateway: Gateway) -> list[FeedbackRoundRow]:
    async with gateway.parts.sessions() as session:
        return list(await session.scalars(select(FeedbackRoundRow)))


async def test_taking_a_case_plans_the_question_once(gateway: Gateway) -> None:
    case_id, keys = await taken(gateway, when=ANY_TIME), gateway.parts.sealing.keys
    async with gateway.parts.sessions.begin() as session:
        await handover.give_back(session, case_id, keys=keys, professional=DOCTOR.id)
        await handover.take_chat(session, case_id, keys=keys, professional=DOCTOR.id)
    await gateway.run()
    assert [row.professional_id for row in await rounds(gateway)] == [DOCTOR.id]
    async with gateway.parts.sessions() as session:
        jobs = await session.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'feedback'")
        )
    assert jobs == 1


async def test_who_did_not_agree_is_not_asked(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=[])
    await falls_silent(gateway)
    await ask_feedback(gateway.parts, case_id)
    await gateway.run()
    assert gateway.dialogue.asked[-1]["message"]["event"] == "idle"
    assert await rounds(gateway) == []


async def test_the_question_is_asked_twice_at_most(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=ANY_TIME)
    await falls_silent(gateway)
    for _ in range(4):
        gateway.dialogue.turns.append(cover())
        await ask_feedback(gateway.parts, case_id)
        await gateway.run()
    asked = [one for one in gateway.dialogue.asked if one["message"].get("event") == "feedback"]
    assert len(asked) == MOST
    assert await rounds(gateway) == []


async def test_the_answers_are_kept_apart_from_the_case(gateway: Gateway) -> None:
    case_id = await taken(gateway, when=ANY_TIME)
    await falls_silent(gateway)
    gateway.dialogue.turns.append(cover())
    await ask_feedback(gateway.parts, case_id)
    await gateway.run()
    await answers(gateway, reached="yes", respected="yes", safe="unsure")
    async with gateway.parts.sessions() as session:
        (row,) = (await session.scalars(select(FeedbackRow))).all()
        assert (row.professional_id, row.reached, row.respected, row.safe) == (
            DOCTOR.id, "yes", "yes", "unsure",
        )  # fmt: skip
        columns = {column.name for column in FeedbackRow.__table__.columns}
    assert columns == {"id", "professional_id", "reached", "respected", "safe", "reviewed"}
    assert await rounds(gateway) == []


async def test_nobody_can_answer_who_was_not_asked(gateway: Gateway) -> None:
    await taken(gateway, when=ANY_TIME)
    await falls_silent(gateway)
    await answers(gateway, safe="no")
    async with gateway.parts.sessions() as session:
        assert (await session.scalars(select(FeedbackRow))).all() == []


async def unsafe(gateway: Gateway, times: int) -> None:
    """So many people answer that the help was not safe."""
    for _ in range(times):
        async with gateway.parts.sessions.begin() as session:
            case_id = await session.scalar(select(CaseRow.id))
            conversation = await session.scalar(select(ConversationRow.id))
            assert isinstance(conversation, UUID)
            assert isinstance(case_id, UUID)
            await feedback.end_round(session, CaseId(case_id))
            session.add(
                FeedbackRoundRow(
                    case_id=case_id,
                    conversation_id=conversation,
                    professional_id=DOCTOR.id,
                    asked=1,
                )
            )
            await session.flush()
            await feedback.take_answers(
                session, conversation, {"safe": "no"}, now=datetime.now(UTC)
            )


@pytest.mark.parametrize(("times", "held"), [(1, False), (2, True)])
async def test_two_answers_of_not_safe_keep_new_cases_away(
    gateway: Gateway, times: int, *, held: bool
) -> None:
    await taken(gateway, when=[])
    await unsafe(gateway, times)
    async with gateway.parts.sessions.begin() as session:
        assert await feedback.is_held(session, DOCTOR.id) is held
        (standing,) = await feedback.standings(session)
        assert standing.counts["safe"]["no"] == times
        assert (standing.held_since is not None) is held


async def test_an_administrator_lets_them_back_and_one_more_is_needed_for_two(
    gateway: Gateway,
) -> None:
    await taken(gateway, when=[])
    await unsafe(gateway, 2)
    async with gateway.parts.sessions.begin() as session:
        await feedback.lift_hold(session, DOCTOR.id)
        assert not await feedback.is_held(session, DOCTOR.id)
    await unsafe(gateway, 1)
    async with gateway.parts.sessions.begin() as session:
        assert not await feedback.is_held(session, DOCTOR.id)
