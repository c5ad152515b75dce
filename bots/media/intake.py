"""A file's way from its provider into the vault.

Invariants: bytes are fetched only after the dialogue wanted the file, which takes consent; what is
to be fetched is committed before the message is done with, and fetched by a job that may be killed
at any line: a file is neither lost nor kept twice. What came of it the person is told once, for all
files that were under way together.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bots.adapter import Adapter, Attached, PermanentError, RetryableError
from bots.dialogue import Json
from bots.media.tables import FileRow
from bots.parts import Parts, now
from core.database import announce
from core.errors import GoneError
from core.identifiers import CaseId, RecordId
from core.jobs import FILE, defer
from referrals.cases import CASE_CHANNEL, case_for_files
from referrals.conversation import Conversation, lock, note_event
from referrals.tables import ConversationRow
from vault import receipts
from vault.age import Recipient
from vault.errors import StoreError
from vault.intake import RefusedError, SealedFile, seal_file
from vault.metadata import read_metadata
from vault.preserve import discard_file, preserve_file, refuse_file
from vault.repository import recipient_of

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
MOST_ATTEMPTS = 16
"""About an hour and a half of trying."""
LONGEST_FETCH_SECONDS = 1800
STORED, LOST = "stored", "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A file that is about to be fetched."""

    id: UUID
    conversation: UUID
    adapter: Adapter
    attached: Attached
    case_id: CaseId
    recipient: Recipient
    facts: Json
    attempts: int


async def note_files(
    session: AsyncSession,
    parts: Parts,
    conversation: Conversation,
    content: Json,
    *,
    answering: bool,
    question: str | None,
    received_at: datetime,
) -> None:
    """Have the files of a message fetched once this transaction commits.

    `answering` says that a report is under way; `question` is what was answered by voice.
    """
    sealing = parts.sealing
    for attached in content["files"]:
        case_id = await case_for_files(
            session, sealing, conversation, answering=answering, now=received_at
        )
        row = FileRow(
            conversation_id=conversation.row.id,
            case_id=case_id,
            question=question,
            received_at=received_at,
        )
        session.add(row)
        await session.flush()
        errand = {
            "attached": attached,
            "channel": conversation.row.channel,
            "caption": content.get("text"),
        }
        row.sealed = conversation.seal(errand, f"file:{row.id}")
        await defer(session, FILE, str(row.id))


async def fetch_file(parts: Parts, file_id: UUID) -> None:
    """Fetch one file, seal it, and tell the person if it was the last of those under way."""
    errand = await _begin(parts, file_id)
    if errand is None:
        return
    if errand.attempts > MOST_ATTEMPTS:  # each of them ended with the process
        await _end(parts, errand, LOST)
        return
    try:
        async with asyncio.timeout(LONGEST_FETCH_SECONDS):
            file = await _sealed(parts, errand)
    except RefusedError as refusal:
        await _end(parts, errand, refusal.reason)
    except PermanentError:
        await _end(parts, errand, LOST)
    except (RetryableError, StoreError, TimeoutError) as error:
        await _later(parts, errand, error)
    else:
        await _keep(parts, errand, file)


async def drop_files(
    session: AsyncSession, parts: Parts, conversation: Conversation, *, question: str | None
) -> None:
    """Destroy an answer by voice, or with None all files that are no answers."""
    query = select(FileRow).where(
        FileRow.conversation_id == conversation.row.id,
        FileRow.question.is_(None) if question is None else FileRow.question == question,
    )
    for row in (await session.scalars(query.with_for_update())).all():
        if row.record_id is not None and row.manifest_id is not None:
            await discard_file(
                session,
                parts.sealing.store,
                CaseId(row.case_id),
                RecordId(row.record_id),
                manifest=RecordId(row.manifest_id),
            )
        await session.delete(row)


async def due_files(session: AsyncSession, *, at: datetime) -> Sequence[UUID]:
    """The files that are to be fetched by now."""
    due = FileRow.next_at.is_(None) | (FileRow.next_at <= at)
    query = select(FileRow.id).where(FileRow.sealed.is_not(None), due)
    return (await session.scalars(query)).all()


async def _begin(parts: Parts, file_id: UUID) -> Errand | None:
    """Read what is to be fetched, and count the attempt, also one that a crash will end."""
    async with parts.sessions.begin() as session:
        row = await session.get(FileRow, file_id, with_for_update=True)
        if row is None or row.sealed is None:
            return None
        found = await session.get_one(ConversationRow, row.conversation_id)
        conversation = Conversation.unlock(found, parts.sealing.keys)
        said = conversation.unseal(row.sealed, f"file:{row.id}")
        row.attempts += 1
        attached = Attached(**said["attached"])
        return Errand(
            id=row.id,
            conversation=row.conversation_id,
            adapter=parts.adapters[said["channel"]],
            attached=attached,
            case_id=CaseId(row.case_id),
            recipient=await recipient_of(session, CaseId(row.case_id)),
            facts=_facts(row, said, attached),
            attempts=row.attempts,
        )


def _facts(row: FileRow, said: Json, attached: Attached) -> Json:
    return {
        "kind": attached.kind,
        "name": attached.name,
        "declared_type": attached.type,
        "declared_size": attached.size,
        "recompressed": attached.recompressed,
        "caption": said["caption"],
        "channel": said["channel"],
        "provider_id": attached.ref,
        "received_at": row.received_at.isoformat(),
        "question": row.question,
    }


async def _sealed(parts: Parts, errand: Errand) -> SealedFile:
    largest = errand.adapter.capabilities.files
    if (errand.attached.size or 0) > largest:
        raise RefusedError("large")
    async with errand.adapter.open_file(errand.attached) as incoming:
        if (incoming.size or 0) > largest:
            raise RefusedError("large")
        return await seal_file(
            parts.sealing.store,
            errand.recipient,
            incoming.stream,
            largest=largest,
            promised=incoming.size,
        )


async def _keep(parts: Parts, errand: Errand, file: SealedFile) -> None:
    facts = {**errand.facts, "metadata": await read_metadata(file)}
    store, kept = parts.sealing.store, False
    try:
        async with parts.sessions.begin() as session:
            under_way = await _hold(session, parts, errand)
            if under_way is not None:
                conversation, row = under_way
                done = await preserve_file(session, errand.case_id, file, facts=facts, now=now())
                code = await receipts.issue(
                    session, errand.case_id, done.record, sha256=done.sha256
                )
                row.record_id, row.manifest_id = done.record, done.manifest
                await _settle(session, conversation, row, {"outcome": STORED, "receipt": code})
                await announce(session, CASE_CHANNEL, str(errand.case_id))
                kept = True
    except GoneError:
        log.info("a file's case is gone; nothing of it is kept")
    finally:
        if not kept:
            # Somebody was faster, or it is not wanted any more.
            await asyncio.to_thread(store.erase, file.object)
    if kept:
        await errand.adapter.release(errand.attached)


async def _end(parts: Parts, errand: Errand, reason: str) -> None:
    """Note that there will be no file, and why."""
    async with parts.sessions.begin() as session:
        under_way = await _hold(session, parts, errand)
        if under_way is None:
            return
        conversation, row = under_way
        facts = {**errand.facts, "reason": reason}
        with suppress(GoneError):
            await refuse_file(session, errand.case_id, facts=facts, now=now())
            await announce(session, CASE_CHANNEL, str(errand.case_id))
        await _settle(session, conversation, row, {"outcome": reason})
    log.warning("file %s is not taken: %s", errand.id, reason)


async def _later(parts: Parts, errand: Errand, error: Exception) -> None:
    """Try again after a pause that grows; what stays out of reach is told as lost."""
    if errand.attempts >= MOST_ATTEMPTS:
        await _end(parts, errand, LOST)
        return
    wished = error.after if isinstance(error, RetryableError) else None
    pause = wished or min(LONGEST_PAUSE, FIRST_PAUSE * 3 ** (errand.attempts - 1))
    moment = now() + timedelta(seconds=pause)
    async with parts.sessions.begin() as session:
        await session.execute(update(FileRow).where(FileRow.id == errand.id).values(next_at=moment))
        await defer(session, FILE, str(errand.id), at=moment)


async def _hold(
    session: AsyncSession, parts: Parts, errand: Errand
) -> tuple[Conversation, FileRow] | None:
    """The conversation and the file, held; None if the file is settled or not wanted any more."""
    conversation = await lock(session, parts.sealing.keys, errand.conversation)
    row = await session.get(FileRow, errand.id, with_for_update=True)
    if conversation is None or row is None or row.sealed is None:
        return None
    return conversation, row


async def _settle(
    session: AsyncSession, conversation: Conversation, row: FileRow, outcome: dict[str, Any]
) -> None:
    """Note how it ended; after the last of those under way, have the person told of all."""
    row.sealed, row.outcome = None, conversation.seal(outcome, f"file:{row.id}")
    await session.flush()
    rows = (
        await session.scalars(
            select(FileRow)
            .where(FileRow.conversation_id == conversation.row.id)
            .order_by(FileRow.received_at)
        )
    ).all()
    if any(one.sealed is not None for one in rows):
        return
    ends = []
    for one in rows:
        if one.outcome is not None:
            ends.append(conversation.unseal(one.outcome, f"file:{one.id}"))
            one.outcome = None
    codes = [end["receipt"] for end in ends if "receipt" in end]
    if codes:
        await note_event(session, conversation, "file_stored", codes=codes)
    for reason in dict.fromkeys(end["outcome"] for end in ends if "receipt" not in end):
        await note_event(session, conversation, f"file_{reason}")
