"""How the help was: three questions some days after a case was taken, never the incident again.

Invariants: nothing leads from an answer to the person or their case; only who agreed to be written
to is asked, twice at most; two answers that the help was not safe keep new cases from a
professional until an administrator has looked into them.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import CaseId, ProfessionalId
from referrals.tables import CaseRow, FeedbackRoundRow, FeedbackRow, MatchingHoldRow

QUESTIONS = ("reached", "respected", "safe")
UNSAFE, TOO_MANY = "no", 2
ANSWERS = frozenset({"yes", "no", "unsure"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What people answered about one professional."""

    professional: ProfessionalId
    counts: dict[str, Counter[str]]
    """For each question how often each answer was given."""
    held_since: datetime | None


async def begin_round(session: AsyncSession, case_id: CaseId) -> bool:
    """Plan the questions about whoever has taken a case; False if they are planned already."""
    case = await session.get_one(CaseRow, case_id)
    if case.professional_id is None:
        return False
    planned = await session.scalar(
        insert(FeedbackRoundRow)
        .values(
            case_id=case_id,
            conversation_id=case.conversation_id,
            professional_id=case.professional_id,
            asked=0,
        )
        .on_conflict_do_nothing()
        .returning(FeedbackRoundRow.case_id)
    )
    return planned is not None


async def open_round(session: AsyncSession, case_id: CaseId) -> FeedbackRoundRow | None:
    """A round that is under way, held for this transaction; None once it is over."""
    return await session.get(FeedbackRoundRow, case_id, with_for_update=True)


async def end_round(session: AsyncSession, case_id: CaseId) -> None:
    """Ask no more about a case."""
    await session.execute(delete(FeedbackRoundRow).where(FeedbackRoundRow.case_id == case_id))


async def take_answers(
    session: AsyncSession, conversation_id: UUID, answers: dict[str, str], *, now: datetime
) -> ProfessionalId | None:
    """Keep what a person answered and end the round; gives who is held back because of it."""
    asked = await session.scalar(
        select(FeedbackRoundRow)
        .where(FeedbackRoundRow.conversation_id == conversation_id, FeedbackRoundRow.asked > 0)
        .limit(1)
        .with_for_update()
    )
    if asked is None:
        return None
    professional = ProfessionalId(asked.professional_id)
    await session.delete(asked)
    given = {name: answers[name] for name in QUESTIONS if answers.get(name) in ANSWERS}
    if given:
        session.add(FeedbackRow(professional_id=professional, **given))
        await session.flush()
    if given.get("safe") != UNSAFE or await _unsafe(session, professional) < TOO_MANY:
        return None
    await session.execute(
        insert(MatchingHoldRow)
        .values(professional_id=professional, since=now)
        .on_conflict_do_nothing()
    )
    return professional


async def is_held(session: AsyncSession, professional: ProfessionalId) -> bool:
    """Whether a professional gets no new cases for now."""
    return await session.get(MatchingHoldRow, professional) is not None


async def lift_hold(session: AsyncSession, professional: ProfessionalId) -> None:
    """Let a professional get new cases again: an administrator has looked into the answers."""
    await session.execute(
        update(FeedbackRow).where(FeedbackRow.professional_id == professional).values(reviewed=True)
    )
    await session.execute(
        delete(MatchingHoldRow).where(MatchingHoldRow.professional_id == professional)
    )


async def standings(session: AsyncSession) -> list[Standing]:
    """What was answered about each professional, those who are held back first."""
    held = {
        row.professional_id: row.since for row in await session.scalars(select(MatchingHoldRow))
    }
    counts: dict[UUID, dict[str, Counter[str]]] = {}
    for row in await session.scalars(select(FeedbackRow)):
        own = counts.setdefault(row.professional_id, {name: Counter() for name in QUESTIONS})
        for name in QUESTIONS:
            own[name][getattr(row, name) or "none"] += 1
    found = [
        Standing(professional=ProfessionalId(who), counts=own, held_since=held.get(who))
        for who, own in counts.items()
    ]
    return sorted(found, key=lambda one: (one.held_since is None, str(one.professional)))


async def _unsafe(session: AsyncSession, professional: ProfessionalId) -> int:
    found = await session.scalar(
        select(func.count())
        .select_from(FeedbackRow)
        .where(
            FeedbackRow.professional_id == professional,
            FeedbackRow.safe == UNSAFE,
            ~FeedbackRow.reviewed,
        )
    )
    return int(found or 0)
