"""The only door that decrypts case material; every call leaves a custody entry."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import CaseId, ProfessionalId, RecordId
from vault.age import Identity
from vault.store import ObjectStore

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
    """
    raise NotImplementedError


async def export_identity(
    session: AsyncSession, case_id: CaseId, *, reader: ProfessionalId, identity: Identity
) -> Identity:
    """The case's own identity, for a court's expert with the public tool `age`."""
    raise NotImplementedError
