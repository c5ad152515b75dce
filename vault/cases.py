"""A case's keys: made when it opens, handed over at acceptance, gone after DELETE.

The *dispatch* wrap is the server's own and lives only until a professional accepts. The entry
point owns the transaction: nothing here commits.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import CaseId, ProfessionalId
from vault.age import Recipient
from vault.keys import KeyProvider
from vault.store import ObjectStore


async def open_case(
    session: AsyncSession, *, keys: KeyProvider, escrow: Recipient, now: datetime
) -> CaseId:
    """Give a new case its own identity, wrapped for dispatch and for escrow."""
    raise NotImplementedError


async def admit(
    session: AsyncSession,
    case_id: CaseId,
    *,
    keys: KeyProvider,
    professional: ProfessionalId,
    recipient: Recipient,
) -> None:
    """Turn the dispatch wrap into the accepting professional's, so that the server can't read on.

    Raises:
        NotAllowedError: when there is no dispatch wrap, because another was first.
    """
    raise NotImplementedError


async def shred(session: AsyncSession, case_id: CaseId, *, store: ObjectStore) -> None:
    """Destroy a case: wraps, records, objects and rows; one custody entry without content stays."""
    raise NotImplementedError
