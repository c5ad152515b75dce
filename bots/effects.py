"""What a turn causes outside the dialogue: each effect of its protocol is one function here.

Invariants: an effect changes rows of the turn's own transaction and nothing else; what a person
agreed to is recorded with the words that were shown.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from bots.dialogue import Json, Reply, Turn
from bots.media.intake import drop_files, note_files
from bots.parts import Parts
from bots.resume import code_fingerprint
from core.database import announce
from core.identifiers import CaseId
from referrals.cases import (
    CASE_CHANNEL,
    WAITING_CHANNEL,
    add_report,
    ask_for_person,
    cases_of,
    draft_of,
    open_from_report,
    raise_urgency,
)
from referrals.codes import new_code
from referrals.conversation import NO_DRAFT, Conversation, erase_conversation, fresh_row
from referrals.feedback import take_answers
from referrals.tables import HUMAN, NOBODY, IncomingRow, OutgoingRow
from vault.cases import shred
from vault.preserve import REPORT, preserve_record
from vault.receipts import issue_for_latest

KEEP_FILES = "c6"
"""The consent to keep evidence."""
OWN_PHONE = ["device.own"]
"""The answer by which a phone is nobody else's."""


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The turn in which an effect happens."""

    parts: Parts
    turn: Turn
    content: Json
    sms: bool
    now: datetime
    said: list[Reply] = field(default_factory=list)
    """What effects have to say, after the turn's own replies."""


Effect = Callable[[AsyncSession, Conversation, Occasion, Json], Awaitable[Conversation]]


async def apply(
    session: AsyncSession, conversation: Conversation, occasion: Occasion
) -> Conversation:
    """Carry out a turn's effects in order; gives the conversation that goes on."""
    for effect in occasion.turn.effects:
        act = EFFECTS.get(effect["do"])
        if act is not None:
            conversation = await act(session, conversation, occasion, effect)
    return conversation


async def _keep_text(
    _: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    draft = conversation.draft()
    draft["texts"][effect["question"]] = occasion.content["text"]
    conversation.keep_draft(draft)
    return conversation


async def _drop_text(
    _: AsyncSession, conversation: Conversation, __: Occasion, effect: Json
) -> Conversation:
    draft = conversation.draft()
    draft["texts"].pop(effect["question"], None)
    conversation.keep_draft(draft)
    return conversation


async def _keep_file(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    await note_files(
        session,
        occasion.parts,
        conversation,
        occasion.content,
        answering=effect["answering"],
        question=effect.get("question"),
        received_at=occasion.now,
    )
    return conversation


async def _drop_file(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    await drop_files(session, occasion.parts, conversation, question=effect["question"])
    return conversation


async def _consent(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    language = occasion.turn.language
    consent = {
        **{name: value for name, value in effect.items() if name not in {"do", "say"}},
        "given": effect["do"] == "give_consent",
        "language": language,
        "words_sha256": occasion.parts.catalogs.text_hash(
            language, effect["say"], sms=occasion.sms
        ),
        "at": occasion.now.isoformat(),
    }
    if (consent["consent"], consent["given"]) == (KEEP_FILES, False):
        await drop_files(session, occasion.parts, conversation, question=None)
    if conversation.row.case_id is not None:
        await preserve_record(
            session,
            CaseId(conversation.row.case_id),
            kind="consent",
            author="survivor",
            content=json.dumps(consent).encode(),
            now=occasion.now,
        )
        return conversation
    draft = conversation.draft()
    draft["consents"].append(consent)
    conversation.keep_draft(draft)
    return conversation


async def _give_code(
    _: AsyncSession, conversation: Conversation, occasion: Occasion, __: Json
) -> Conversation:
    draft = conversation.draft()
    if "code" not in draft:
        code = new_code()
        conversation.row.code = code_fingerprint(occasion.parts.sealing.keys, code)
        conversation.keep_draft({**draft, "code": code})
    return conversation


async def _submit(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    await _open_case(session, conversation, occasion, effect, asked=False)
    case_id, own = conversation.row.case_id, effect["answers"].get("device") == OWN_PHONE
    if case_id is not None and own:  # on a phone that others use it would be one more trace
        receipt = await issue_for_latest(session, CaseId(case_id), REPORT)
        args = {"receipt": receipt, "address": occasion.parts.receipt_page}
        occasion.said.append(Reply(say="say.receipt", args=args))
    return conversation


async def _handoff(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    """Let nobody but a person answer from here on; they get what has been said so far."""
    case_id, asked = conversation.row.case_id, effect["reason"] != "report"
    if case_id is None:
        await _open_case(session, conversation, occasion, effect, asked=asked)
        conversation.row.owner = NOBODY
        return conversation
    waits = not asked or await ask_for_person(session, occasion.parts.sealing.keys, CaseId(case_id))
    conversation.row.owner = NOBODY if waits else HUMAN
    await announce(session, CASE_CHANNEL, str(case_id))
    return conversation


async def _open_case(
    session: AsyncSession,
    conversation: Conversation,
    occasion: Occasion,
    effect: Json,
    *,
    asked: bool,
) -> None:
    draft = conversation.draft()
    report = {
        **{name: value for name, value in effect.items() if name not in {"do", "reason"}},
        "texts": draft["texts"],
        "consents": draft["consents"],
        "submitted_at": occasion.now.isoformat(),
    }
    sealing, row = occasion.parts.sealing, conversation.row
    conversation.keep_draft({**NO_DRAFT, "code": draft["code"]} if "code" in draft else NO_DRAFT)
    # One case a person while it waits; once it is taken, a new report may be for others.
    # Files that came with it are sealed to a case of its own.
    drafted = await draft_of(session, conversation) is not None
    added = (
        row.case_id is not None
        and not drafted
        and await add_report(
            session, sealing, CaseId(row.case_id), report, asked=asked, now=occasion.now
        )
    )
    if not added:
        await open_from_report(
            session, sealing, conversation, report, asked=asked, now=occasion.now
        )


async def _contact(
    _: AsyncSession, conversation: Conversation, __: Occasion, effect: Json
) -> Conversation:
    """When they may be written to unasked."""
    conversation.keep_reach(effect["when"])
    return conversation


async def _urgent(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    """Make a case that waits more urgent. Without one nobody is told, and the words say so."""
    if conversation.row.case_id is not None:
        case_id, keys = CaseId(conversation.row.case_id), occasion.parts.sealing.keys
        await raise_urgency(session, keys, case_id, reasons=effect["reasons"], now=occasion.now)
    return conversation


async def _feedback(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, effect: Json
) -> Conversation:
    """Keep how the help was, apart from whom and what it was about."""
    answers = {name: value for name, value in effect.items() if name != "do"}
    held = await take_answers(session, conversation.row.id, answers, now=occasion.now)
    if held is not None:
        log.warning("professional %s gets no new cases until the answers are looked into", held)
        await announce(session, WAITING_CHANNEL, "")
    return conversation


async def _wipe(session: AsyncSession, conversation: Conversation, occasion: Occasion) -> None:
    """Take out of the person's chat what the provider still takes out."""
    row = conversation.row
    adapter = occasion.parts.adapters[row.channel]
    window = adapter.capabilities.delete_window
    if window is None:
        return
    since = occasion.now - window
    sent = select(OutgoingRow.external_id).where(
        OutgoingRow.conversation_id == row.id, OutgoingRow.changed_at > since
    )
    heard = select(IncomingRow.ref).where(
        IncomingRow.conversation_id == row.id, IncomingRow.received_at > since
    )
    found = await session.scalars(union_all(sent, heard))
    await adapter.wipe(conversation.address, [ref for ref in found if ref is not None])


async def _close(
    _: AsyncSession, conversation: Conversation, __: Occasion, ___: Json
) -> Conversation:
    """No more messages until they write: what a professional wrote waits."""
    conversation.row.quiet = True
    return conversation


async def _erase(
    session: AsyncSession, conversation: Conversation, occasion: Occasion, _: Json
) -> Conversation:
    """Leave nothing readable; a fresh conversation, which lapses, carries the last words."""
    row, keys = conversation.row, occasion.parts.sealing.keys
    channel, address = row.channel, conversation.address
    await _wipe(session, conversation, occasion)
    await occasion.parts.adapters[channel].forget(address)
    cases = await cases_of(session, conversation)
    session.expunge(row)
    await erase_conversation(session, row.id)
    for case_id in cases:
        await shred(session, case_id, store=occasion.parts.sealing.store)
        await announce(session, CASE_CHANNEL, str(case_id))
    fresh = fresh_row(keys, channel, address, lapses_at=occasion.now + occasion.parts.idle)
    session.add(fresh)
    await session.flush()
    return Conversation.unlock(fresh, keys)


# `hide`, `unhide` and `set_language` are told by the turn itself and by its report.
EFFECTS: Mapping[str, Effect] = {
    "keep_text": _keep_text,
    "drop_text": _drop_text,
    "keep_file": _keep_file,
    "drop_file": _drop_file,
    "give_consent": _consent,
    "withdraw_consent": _consent,
    "give_code": _give_code,
    "submit": _submit,
    "handoff": _handoff,
    "contact": _contact,
    "urgent": _urgent,
    "feedback": _feedback,
    "close": _close,
    "erase": _erase,
}
