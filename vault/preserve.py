"""Sealing material to its case: anyone may add, nobody reads here.

Each plaintext begins with one line that names its case, row, kind, author and time, so that no
ciphertext can stand in another's place unnoticed. A file is the exception: its plaintext is exactly
what was delivered. What binds it is its manifest, a record of its own that begins with such a line
and names the file's record and the hashes of its plaintext and of its ciphertext.
"""

import asyncio
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import GoneError
from core.identifiers import CaseId, RecordId
from vault import custody, repository
from vault.age import seal
from vault.canonical import Value, bind, stamp
from vault.entries import Act, Action
from vault.intake import SealedFile
from vault.signing import ActorKey
from vault.store import ObjectRef, ObjectStore
from vault.tables import SealedRecord

REPORT = "report"
FILE, MANIFEST, REFUSAL = "file", "manifest", "refusal"
SURVIVOR = "survivor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that is safe; `sha256` is that of the bytes as they were delivered."""

    record: RecordId
    manifest: RecordId
    sha256: bytes
    size: int


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


async def preserve_file(
    session: AsyncSession,
    case_id: CaseId,
    file: SealedFile,
    *,
    facts: Mapping[str, Any],
    author: str = SURVIVOR,
    now: datetime,
) -> Kept:
    """Keep a file that `vault.intake.seal_file` has put into the store, and its sealed manifest.

    `facts` are what the manifest says beside hashes, sizes and the type by its own bytes: how and
    when the file came, what it was called, what it says of itself; JSON without the names below.

    Raises:
        GoneError: the case is gone, or seals to another identity by now; the object is of no use.
    """
    if await repository.recipient_of(session, case_id) != file.recipient:
        raise GoneError("the case seals to another identity by now")
    record = await _new_record(session, case_id, FILE, author, now)
    record.object = file.object
    sealed = file.sealed
    await _add(session, record, sealed.ciphertext_sha256, sealed.ciphertext_size)
    manifest = {
        **facts,
        "version": 1,
        "file": record.id,
        "size": sealed.size,
        "sha256": sealed.plaintext_sha256.hex(),
        "sha512": file.sha512.hex(),
        "ciphertext_sha256": sealed.ciphertext_sha256.hex(),
        "type": file.type.mime,
        "family": file.type.family,
    }
    said = await preserve_record(
        session,
        case_id,
        kind=MANIFEST,
        author=author,
        content=json.dumps(manifest, ensure_ascii=False).encode(),
        now=now,
    )
    return Kept(
        record=RecordId(record.id),
        manifest=said,
        sha256=sealed.plaintext_sha256,
        size=sealed.size,
    )


async def discard_file(
    session: AsyncSession,
    store: ObjectStore,
    case_id: CaseId,
    record: RecordId,
    *,
    manifest: RecordId,
) -> None:
    """Destroy one file and its manifest, as the person wants; entries without content stay."""
    row = await repository.record(session, case_id, record)
    if row is None:
        return
    if row.object is not None:
        await asyncio.to_thread(store.erase, ObjectRef(row.object))
    await repository.remove_records(session, case_id, (record, manifest))
    for one in (record, manifest):
        act = Act(actor=SURVIVOR, action=Action.SHRED, case_id=case_id, record_id=one)
        custody.log(session, act)


async def refuse_file(
    session: AsyncSession, case_id: CaseId, *, facts: Mapping[str, Any], now: datetime
) -> RecordId:
    """Note, sealed to its case, that a file was sent and not taken, and why.

    Raises:
        GoneError: when the case is gone.
    """
    record = await _new_record(session, case_id, REFUSAL, SURVIVOR, now)
    record.sealed = await _sealed(session, record, json.dumps(facts).encode())
    digest = hashlib.sha256(record.sealed).digest()
    return await _add(session, record, digest, len(record.sealed), action=Action.REFUSE)


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
    digest = hashlib.sha256(sealed).digest()
    return await _add(session, record, digest, len(sealed), signer=signer)


async def _add(
    session: AsyncSession,
    record: SealedRecord,
    digest: bytes,
    size: int,
    *,
    action: Action = Action.PRESERVE,
    signer: ActorKey | None = None,
) -> RecordId:
    """Keep the row of what is sealed already, and write down the ciphertext's hash and size."""
    await repository.add_record(session, record)
    act = Act(
        actor=record.author,
        action=action,
        case_id=record.case_id,
        record_id=record.id,
        sha256=digest,
        size=size,
    )
    custody.log(session, act, signer)
    return RecordId(record.id)
