"""Sealing material to its case: anyone may add, nobody reads here.

Each plaintext begins with one line that names its case, row, kind, author and time, so that no
ciphertext can stand in another's place unnoticed.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import CaseId, RecordId
from vault.store import ObjectStore


async def preserve_record(
    session: AsyncSession, case_id: CaseId, *, kind: str, author: str, content: bytes, now: datetime
) -> RecordId:
    """Seal a message or note to its case, kept in the row itself."""
    raise NotImplementedError


async def preserve_report(
    session: AsyncSession, store: ObjectStore, case_id: CaseId, *, content: bytes, now: datetime
) -> RecordId:
    """Seal a report to its case, kept as a file in the object store."""
    raise NotImplementedError
