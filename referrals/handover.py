"""Who answers a conversation: the bot, nobody yet, or the professional who took the case.

Invariants: the owner changes only while the conversation's row is held, so a turn of the bot and a
claim never cross; a professional's message is sealed to its case, queued and its sending asked for
in one transaction, once per client id.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.database import announce
from core.errors import BackUpError, NotAllowedError
from core.identifiers import CaseId, ProfessionalId, RecordId
from core.jobs import LANE, defer
from referrals.card import Card
from referrals.cases import CASE_CHANNEL, WAITING_CHANNEL, add_message, read_card
from referrals.conversation import lock_of_case, note_event, queue
from referrals.feedback import is_held
from referrals.matching import may_take
from referrals.tables import (
    ACCEPTED,
    BOT,
    HUMAN,
    WAITING,
    CaseRow,
    ConversationRow,
    OutgoingRow,
)
from vault.age import Recipient
from vault.cases import admit
from vault.keys import KeyProvider
from vault.signing import ActorKey, actor_of
from vault.tables import SealedRecord, Wrap


class TakenError(BackUpError):
    """Somebody else took this case a moment before."""


class Helper(Protocol):
    """What must be known of a professional to show and give them a case."""

    @property
    def id(self) -> ProfessionalId: ...  # noqa: D102
    @property
    def recipient(self) -> Recipient: ...  # noqa: D102
    @property
    def services(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def child_trained(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCase:
    """A case that waits for somebody, as its card describes it."""

    case_id: CaseId
    reference: str
    card: Card
    opened_at: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MyCase:
    """A case that a professional is on; `owner` is None once its conversation has ended."""

    case_id: CaseId
    reference: str
    owner: str | None
    opened_at: datetime
    answer_by: datetime
    accepted_at: datetime | None
    last_message_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is known of one message's way to the person."""

    status: str
    problem: str | None
    changed_at: datetime


async def waiting(session: AsyncSession, *, keys: KeyProvider, helper: Helper) -> list[WaitingCase]:
    """The cases that this professional may take, the most urgent and oldest first.

    None while an administrator has yet to look into what people answered about them.
    """
    if await is_held(session, helper.id):
        return []
    rows = await session.scalars(select(CaseRow).where(CaseRow.status == WAITING))
    found = [
        WaitingCase(
            case_id=CaseId(row.id),
            reference=row.reference,
            card=read_card(row, keys),
            opened_at=row.opened_at,
            answer_by=row.answer_by,
        )
        for row in rows
    ]
    mine = [case for case in found if _may_take(case.card, helper)]
    return sorted(mine, key=lambda case: (case.card.urgency, case.opened_at))


async def mine(session: AsyncSession, *, professional: ProfessionalId) -> list[MyCase]:
    """The cases that this professional is on, the latest message first."""
    last = (
        select(func.max(SealedRecord.created_at))
        .where(SealedRecord.case_id == CaseRow.id, SealedRecord.kind == "message")
        .scalar_subquery()
    )
    rows = await session.execute(
        select(CaseRow, ConversationRow.owner, last)
        .outerjoin(ConversationRow, ConversationRow.case_id == CaseRow.id)
        .where(holds(CaseRow.id, professional))
        .order_by(func.coalesce(last, CaseRow.accepted_at).desc())
    )
    return [
        MyCase(
            case_id=CaseId(row.id),
            reference=row.reference,
            owner=owner,
            opened_at=row.opened_at,
            answer_by=row.answer_by,
            accepted_at=row.accepted_at,
            last_message_at=last_message_at,
        )
        for row, owner, last_message_at in rows
    ]


async def claim(
    session: AsyncSession,
    case_id: CaseId,
    *,
    keys: KeyProvider,
    helper: Helper,
    signer: ActorKey,
    now: datetime,
) -> None:
    """Give the waiting case and its chat to this professional, and take it from the server.

    Raises:
        TakenError: somebody was faster.
        NotAllowedError: the case is not for this professional.
    """
    conversation = await lock_of_case(session, keys, case_id)
    row = await session.get_one(CaseRow, case_id, with_for_update=True)
    if row.status != WAITING:
        raise TakenError("taken")
    held = await is_held(session, helper.id)
    if held or not _may_take(read_card(row, keys), helper):
        raise NotAllowedError("not for this professional")
    await admit(
        session,
        case_id,
        keys=keys,
        professional=helper.id,
        recipient=helper.recipient,
        signer=signer,
    )
    row.status, row.card, row.professional_id, row.accepted_at = ACCEPTED, None, helper.id, now
    conversation.row.owner = HUMAN
    await note_event(session, conversation, "claimed")
    await announce(session, WAITING_CHANNEL, "")
    await announce(session, CASE_CHANNEL, str(case_id))


async def reply(
    session: AsyncSession,
    case_id: CaseId,
    *,
    keys: KeyProvider,
    professional: ProfessionalId,
    signer: ActorKey,
    text: str,
    client_id: UUID,
    now: datetime,
) -> RecordId:
    """Seal a professional's message to the case and send it into the same chat, once."""
    conversation = await lock_of_case(session, keys, case_id)
    await _only_on_case(session, case_id, professional)
    if conversation.row.owner != HUMAN:
        raise NotAllowedError("the chat is not with a professional")
    earlier = await session.scalar(
        select(OutgoingRow.record_id).where(OutgoingRow.part == client_id)
    )
    if earlier is not None:
        return RecordId(earlier)
    record = await add_message(
        session, case_id, author=actor_of(professional), text=text, now=now, signer=signer
    )
    queue(session, conversation, {"text": text}, now=now, part=client_id, record_id=record)
    await defer(session, LANE, str(conversation.row.id))
    return record


async def give_back(
    session: AsyncSession, case_id: CaseId, *, keys: KeyProvider, professional: ProfessionalId
) -> None:
    """Let the bot answer again; the case stays with the professional."""
    await _hand(session, case_id, keys, professional, BOT, "returned")


async def take_chat(
    session: AsyncSession, case_id: CaseId, *, keys: KeyProvider, professional: ProfessionalId
) -> None:
    """Answer the chat again after it was given back."""
    await _hand(session, case_id, keys, professional, HUMAN, "claimed")


async def deliveries(
    session: AsyncSession, case_id: CaseId, *, professional: ProfessionalId
) -> dict[RecordId, Delivery]:
    """The delivery of each message that a professional wrote in this case."""
    await _only_on_case(session, case_id, professional)
    rows = await session.scalars(
        select(OutgoingRow)
        .join(ConversationRow, ConversationRow.id == OutgoingRow.conversation_id)
        .where(ConversationRow.case_id == case_id, OutgoingRow.record_id.is_not(None))
    )
    return {
        RecordId(row.record_id): Delivery(
            status=row.status, problem=row.problem, changed_at=row.changed_at
        )
        for row in rows
        if row.record_id is not None
    }


async def _hand(
    session: AsyncSession,
    case_id: CaseId,
    keys: KeyProvider,
    professional: ProfessionalId,
    owner: str,
    event: str,
) -> None:
    conversation = await lock_of_case(session, keys, case_id)
    await _only_on_case(session, case_id, professional)
    if conversation.row.owner == owner:
        return
    conversation.row.owner = owner
    await note_event(session, conversation, event)
    await announce(session, CASE_CHANNEL, str(case_id))


def holds(case_id: CaseId | InstrumentedAttribute[UUID], who: ProfessionalId) -> Exists:
    """Whether a professional is on a case: whether the case's keys are wrapped to them."""
    return select(Wrap.id).where(Wrap.case_id == case_id, Wrap.holder == actor_of(who)).exists()


async def _only_on_case(
    session: AsyncSession, case_id: CaseId, professional: ProfessionalId
) -> None:
    if not await session.scalar(select(holds(case_id, professional))):
        raise NotAllowedError("not on this case")


def _may_take(card: Card, helper: Helper) -> bool:
    return may_take(card, services=helper.services, child_trained=helper.child_trained)
