"""From a conversation to a case: sealed to keys of its own, on its way to a person."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import announce
from core.errors import GoneError
from core.identifiers import CaseId, RecordId
from referrals.card import Card
from referrals.conversation import Conversation
from referrals.tables import CaseRow, ConversationRow, DraftRow
from referrals.triage import Urgency, answer_by
from vault.age import Recipient
from vault.cases import open_case
from vault.drafts import keep_draft, open_draft
from vault.keys import KeyProvider
from vault.preserve import preserve_record, preserve_report
from vault.signing import ActorKey
from vault.store import ObjectStore

# No letters or digits that are mistaken for one another when read aloud.
REFERENCE_ALPHABET = "ABCDEFGHJKMNPQRTUVWXYZ2346789"
WAITING_CHANNEL = "waiting"
CASE_CHANNEL = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What a process needs to put things into the vault."""

    keys: KeyProvider
    store: ObjectStore
    escrow: Recipient


async def open_from_report(
    session: AsyncSession,
    sealing: Sealing,
    conversation: Conversation,
    report: Mapping[str, Any],
    *,
    asked: bool,
    now: datetime,
) -> CaseId:
    """Seal a report to a new case and put it before those who may take it."""
    card = Card.from_mapping(report, asked=asked)
    case_id = await take_draft(session, sealing, conversation, now=now) or await open_case(
        session, keys=sealing.keys, escrow=sealing.escrow, now=now
    )
    row = CaseRow(
        id=case_id,
        conversation_id=conversation.row.id,
        reference=_reference(),
        answer_by=answer_by(card.urgency, now),
        opened_at=now,
    )
    _put_card(row, sealing.keys, card)
    session.add(row)
    await session.flush()
    await preserve_report(
        session, sealing.store, case_id, content=json.dumps(report).encode(), now=now
    )
    conversation.row.case_id, conversation.row.lapses_at = case_id, None
    await announce(session, WAITING_CHANNEL, "")
    return case_id


async def add_report(
    session: AsyncSession,
    sealing: Sealing,
    case_id: CaseId,
    report: Mapping[str, Any],
    *,
    asked: bool,
    now: datetime,
) -> bool:
    """Add a report to a case that still waits; False if somebody has taken it."""
    row = await session.get_one(CaseRow, case_id, with_for_update=True)
    if row.card is None:
        return False
    card = Card.from_mapping(report, asked=asked or read_card(row, sealing.keys).asked)
    _put_card(row, sealing.keys, card)
    row.answer_by = min(row.answer_by, answer_by(card.urgency, now))
    await preserve_report(
        session, sealing.store, case_id, content=json.dumps(report).encode(), now=now
    )
    await announce(session, WAITING_CHANNEL, "")
    return True


async def ask_for_person(session: AsyncSession, keys: KeyProvider, case_id: CaseId) -> bool:
    """Put a case that still waits before those who give first help; False if it is taken."""
    row = await session.get_one(CaseRow, case_id, with_for_update=True)
    if row.card is None:
        return False
    _put_card(row, keys, replace(read_card(row, keys), asked=True))
    await announce(session, WAITING_CHANNEL, "")
    return True


async def case_for_files(
    session: AsyncSession,
    sealing: Sealing,
    conversation: Conversation,
    *,
    answering: bool,
    now: datetime,
) -> CaseId:
    """Where a file of this conversation belongs: its case, or the draft of a report.

    While somebody is `answering`, a case that is taken already is not theirs to add to: what they
    answer now may go to others.
    """
    case_id = conversation.row.case_id
    if case_id is not None and not answering:
        return CaseId(case_id)
    if (found := await draft_of(session, conversation)) is not None:
        return found
    if case_id is not None and (await session.get_one(CaseRow, case_id)).card is not None:
        return CaseId(case_id)
    draft = await open_draft(session, keys=sealing.keys, now=now)
    session.add(DraftRow(case_id=draft, conversation_id=conversation.row.id))
    await session.flush()
    return draft


async def draft_of(session: AsyncSession, conversation: Conversation) -> CaseId | None:
    """What holds the files of a report that is not sent yet."""
    query = select(DraftRow.case_id).where(DraftRow.conversation_id == conversation.row.id)
    found = await session.scalar(query)
    return None if found is None else CaseId(found)


async def take_draft(
    session: AsyncSession, sealing: Sealing, conversation: Conversation, *, now: datetime
) -> CaseId | None:
    """Let the draft become a case, if there is one."""
    query = delete(DraftRow).where(DraftRow.conversation_id == conversation.row.id)
    found = await session.scalar(query.returning(DraftRow.case_id))
    if found is None:
        return None
    case_id = CaseId(found)
    await keep_draft(session, case_id, keys=sealing.keys, escrow=sealing.escrow, now=now)
    return case_id


async def left_drafts(session: AsyncSession) -> list[CaseId]:
    """Drafts whose conversation has been erased."""
    gone = ~exists().where(ConversationRow.id == DraftRow.conversation_id)
    return [CaseId(one) for one in await session.scalars(select(DraftRow.case_id).where(gone))]


async def raise_urgency(
    session: AsyncSession,
    keys: KeyProvider,
    case_id: CaseId,
    *,
    reasons: Sequence[str],
    now: datetime,
) -> None:
    """Put a case that still waits among the most urgent; one that is taken changes nothing."""
    row = await session.get_one(CaseRow, case_id, with_for_update=True)
    if row.card is None:
        return
    card = read_card(row, keys)
    all_of = tuple(dict.fromkeys((*reasons, *card.reasons)))
    _put_card(row, keys, replace(card, urgency=Urgency.NOW, reasons=all_of))
    row.answer_by = min(row.answer_by, answer_by(Urgency.NOW, now))
    await announce(session, WAITING_CHANNEL, "")


async def cases_of(session: AsyncSession, conversation: Conversation) -> list[CaseId]:
    """Every case that a person's reports have opened, and the draft of one that is not sent."""
    theirs = conversation.row.id
    found = union(
        select(CaseRow.id).where(CaseRow.conversation_id == theirs),
        select(DraftRow.case_id).where(DraftRow.conversation_id == theirs),
    )
    return [CaseId(case_id) for case_id in await session.scalars(found)]


async def add_message(
    session: AsyncSession,
    case_id: CaseId,
    *,
    author: str,
    text: str,
    now: datetime,
    signer: ActorKey | None = None,
) -> RecordId:
    """Seal one chat message to its case and tell the open pages."""
    record = await preserve_record(
        session,
        case_id,
        kind="message",
        author=author,
        content=text.encode(),
        now=now,
        signer=signer,
    )
    await announce(session, CASE_CHANNEL, str(case_id))
    return record


def read_card(row: CaseRow, keys: KeyProvider) -> Card:
    """A waiting case's card.

    Raises:
        GoneError: the case no longer waits.
    """
    if row.card is None:
        raise GoneError("the case no longer waits")
    return Card.from_bytes(keys.unwrap(row.card, context=f"card:{row.id}"))


def _put_card(row: CaseRow, keys: KeyProvider, card: Card) -> None:
    row.card = keys.wrap(card.to_bytes(), context=f"card:{row.id}")


def _reference() -> str:
    letters = [secrets.choice(REFERENCE_ALPHABET) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])
