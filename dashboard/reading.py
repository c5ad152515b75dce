"""Reading a case on behalf of the professional whose visit it is: every look is an entry."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import RecordId
from dashboard.access import CaseVisitor
from dashboard.parts import Parts
from vault.disclose import BEGINNING, Record, disclose


async def read_case(
    session: AsyncSession,
    parts: Parts,
    here: CaseVisitor,
    *,
    after: RecordId = BEGINNING,
    kinds: Collection[str] | None = None,
) -> list[Record]:
    """The case's records in clear, as `vault.disclose.disclose` gives them, and raises."""
    return await disclose(
        session,
        parts.store,
        here.case.case_id,
        reader=here.visitor.account.id,
        identity=here.visitor.visit.identity,
        after=after,
        kinds=kinds,
    )
