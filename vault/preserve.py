"""Sealing material to its case: anyone may add, nobody reads here.

Each plaintext begins with one line that names its case, row, kind, author and time, so that no
ciphertext can stand in another's place unnoticed.
"""

import asyncio
import hashlib
import io
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import CaseId, RecordId
from vault import custody, repository
from vault.age import seal
from vault.canonical import Value, bind, stamp
from vault.entries import Act, Action
from vault.signing import ActorKey
from vault.store import ObjectStore
from vault.tables import SealedRecord

REPORT = "report"
SURVIVOR = "survivor"


async def preserve_record(
    session: AsyncSession,
    case_id: CaseId,
    *,
    kind: str,
    author: str,
    content: bytes,
    now: datetime,
    signer: ActorKey | None = None,
) -> RecordId:
    """Seal a message or note to its case, kept in the row itself; a professional signs for it.

    Raises:
        GoneError: when the case is gone.
        UnsignedError: when the author is a professional without a signer.
    """
    record = await _new_record(session, case_id, kind, author, now)
    record.sealed = await _sealed(session, record, content)
    return await _keep(session, record, record.sealed, signer)


async def preserve_report(
    session: AsyncSession, store: ObjectStore, case_id: CaseId, *, content: bytes, now: datetime
) -> RecordId:
    """Seal a report to its case, kept as a file in the object store.

    If the transaction fails later, the file stays behind: nothing refers to it, and only the
    case's identity opens it.

    Raises:
        GoneError: when the case is gone.
        StoreError: when the store can't keep the file.
    """
    record = await _new_record(session, case_id, REPORT, SURVIVOR, now)
    sealed = await _sealed(session, record, content)
    record.object = await asyncio.to_thread(store.put, io.BytesIO(sealed))
    return await _keep(session, record, sealed)


def place(record: SealedRecord) -> dict[str, Value]:
    """The line that binds a record's content to its row."""
    return {
        "at": stamp(record.created_at),
        "author": record.author,
        "case": str(record.case_id),
        "kind": record.kind,
        "record": record.id,
        "version": 1,
    }


async def _new_record(
    session: AsyncSession, case_id: CaseId, kind: str, author: str, now: datetime
) -> SealedRecord:
    number = await repository.next_record_id(session)
    return SealedRecord(id=number, case_id=case_id, kind=kind, author=author, created_at=now)


async def _sealed(session: AsyncSession, record: SealedRecord, content: bytes) -> bytes:
    recipient = await repository.recipient_of(session, CaseId(record.case_id))
    return seal(bind(place(record), content), [recipient])


async def _keep(
    session: AsyncSession, record: SealedRecord, sealed: bytes, signer: ActorKey | None = None
) -> RecordId:
    await repository.add_record(session, record)
    act = Act(
        actor=record.author,
        action=Action.PRESERVE,
        case_id=record.case_id,
        record_id=record.id,
        sha256=hashlib.sha256(sealed).digest(),
        size=len(sealed),
    )
    custody.log(session, act, signer)
    return RecordId(record.id)
