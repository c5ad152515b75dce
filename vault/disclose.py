"""The only door that decrypts case material; every call leaves a custody entry.

The entry is written when the caller's transaction commits: show nothing before that.
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotAllowedError
from core.identifiers import CaseId, ProfessionalId, RecordId
from vault import custody, repository
from vault.age import Identity
from vault.age.open import unseal
from vault.canonical import unbind
from vault.cases import holder_of, place_of
from vault.entries import Act, Action
from vault.errors import SealError
from vault.preserve import place
from vault.signing import ActorKey
from vault.store import ObjectRef, ObjectStore
from vault.tables import SealedRecord

BEGINNING = RecordId(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record in clear; its content never prints."""

    id: RecordId
    kind: str
    author: str
    content: bytes = field(repr=False)
    created_at: datetime


async def disclose(
    session: AsyncSession,
    store: ObjectStore,
    case_id: CaseId,
    *,
    reader: ProfessionalId,
    identity: Identity,
    after: RecordId = BEGINNING,
    kinds: Collection[str] | None = None,
) -> list[Record]:
    """The case's records after a known one, in order, of all kinds or the given ones.

    Raises:
        NotAllowedError: when the reader is not on the case.
        SealError: when a wrap or a record is not what was sealed in its place.
        GoneError: when a record's object is not in the store.
    """
    identities = await case_identities(session, case_id, reader=reader, identity=identity)
    rows = await repository.records_after(session, case_id, after, kinds)
    sealed = await asyncio.to_thread(_fetched, rows, store)
    records = await asyncio.to_thread(_opened, rows, sealed, identities)
    custody.log(session, _view(case_id, reader, rows, sealed), ActorKey.of(identity))
    return records


async def export_identities(
    session: AsyncSession, case_id: CaseId, *, reader: ProfessionalId, identity: Identity
) -> list[Identity]:
    """The case's own identities, the first generation first, for an expert with the tool `age`.

    Raises:
        NotAllowedError: when the reader is not on the case.
    """
    identities = await case_identities(session, case_id, reader=reader, identity=identity)
    act = Act(actor=holder_of(reader), action=Action.EXPORT, case_id=case_id)
    custody.log(session, act, ActorKey.of(identity))
    return list(identities.values())


async def case_identities(
    session: AsyncSession, case_id: CaseId, *, reader: ProfessionalId, identity: Identity
) -> dict[int, Identity]:
    """Every identity that the case has had, by generation; for what stays inside the vault.

    Raises:
        NotAllowedError: when the reader is not on the case.
        SealError: when a wrap is not what was sealed in its place.
    """
    holder = holder_of(reader)
    wraps = await repository.wraps_of(session, case_id, holder)
    if not wraps:
        raise NotAllowedError("there is no such case for this reader")
    return {
        number: open_wrap(wrap, case_id, holder, number, identity)
        for number, wrap in sorted(wraps.items())
    }


def open_wrap(
    wrap: bytes, case_id: CaseId, holder: str, generation: int, identity: Identity
) -> Identity:
    """The case's identity of a generation, out of its holder's wrap; SealError out of any other."""
    return Identity(unbind(place_of(case_id, holder, generation), unseal(wrap, identity)))


def _fetched(rows: Sequence[SealedRecord], store: ObjectStore) -> list[bytes]:
    return [row.sealed if row.sealed is not None else _read(store, row) for row in rows]


def _read(store: ObjectStore, row: SealedRecord) -> bytes:
    with store.open(ObjectRef(row.object or "")) as file:
        return file.read()


def _opened(
    rows: Sequence[SealedRecord], sealed: Sequence[bytes], identities: Mapping[int, Identity]
) -> list[Record]:
    return [
        Record(
            id=RecordId(row.id),
            kind=row.kind,
            author=row.author,
            content=unbind(place(row), unseal(box, _of_generation(row, identities))),
            created_at=row.created_at,
        )
        for row, box in zip(rows, sealed, strict=True)
    ]


def _of_generation(row: SealedRecord, identities: Mapping[int, Identity]) -> Identity:
    try:
        return identities[row.generation]
    except KeyError as error:
        raise SealError("a record is of a generation that its reader has no key to") from error


def _view(
    case_id: CaseId,
    reader: ProfessionalId,
    rows: Sequence[SealedRecord],
    sealed: Sequence[bytes],
) -> Act:
    digests = b"".join(hashlib.sha256(box).digest() for box in sealed)
    return Act(
        actor=holder_of(reader),
        action=Action.VIEW,
        case_id=case_id,
        record_id=rows[-1].id if rows else None,
        sha256=hashlib.sha256(digests).digest(),
        size=sum(map(len, sealed)),
    )
