"""Legal holds: while one lies on a case, no schedule erases it.

Placing one takes one admin and is at once; ending one takes two, for what it kept can then be lost.
It binds the schedule alone: a person who says DELETE is obeyed, whatever lies on their case. The
reason is sealed by the server's keys; the log holds its hash.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotAllowedError
from core.identifiers import CaseId, ProfessionalId
from vault import custody, repository
from vault.entries import Act, Action
from vault.keys import KeyProvider
from vault.signing import ActorKey, actor_of
from vault.tables import Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold as admins see it."""

    case_id: CaseId
    reason: str = field(repr=False)
    placed_by: ProfessionalId
    placed_at: datetime
    release_asked_by: ProfessionalId | None


async def place(
    session: AsyncSession,
    case_id: CaseId,
    *,
    by: ProfessionalId,
    reason: str,
    keys: KeyProvider,
    signer: ActorKey,
    now: datetime,
) -> None:
    """Keep the case from being erased by schedule.

    Raises:
        GoneError: there is no such case.
        NotAllowedError: there is no reason, or one lies on it already.
    """
    await repository.hold_case(session, case_id)
    if not reason.strip() or await session.get(Hold, case_id) is not None:
        raise NotAllowedError("a hold needs a reason, and lies once on a case")
    sealed = keys.wrap(reason.strip().encode(), context=_context(case_id))
    session.add(Hold(case_id=case_id, placed_by=by, reason=sealed, placed_at=now))
    digest = hashlib.sha256(sealed).digest()
    act = Act(
        actor=actor_of(by), action=Action.HOLD, case_id=case_id, sha256=digest, size=len(sealed)
    )
    custody.log(session, act, signer)


async def release(
    session: AsyncSession, case_id: CaseId, *, by: ProfessionalId, signer: ActorKey
) -> bool:
    """Ask that a hold ends, or agree to what another admin asked; whether it has ended.

    Raises:
        NotAllowedError: no hold lies on the case.
    """
    hold = await session.get(Hold, case_id, with_for_update=True)
    if hold is None:
        raise NotAllowedError("no hold lies on this case")
    if hold.release_asked_by in {None, by}:
        hold.release_asked_by = by
        return False
    await session.delete(hold)
    custody.log(session, Act(actor=actor_of(by), action=Action.RELEASE, case_id=case_id), signer)
    return True


async def holds(session: AsyncSession, *, keys: KeyProvider) -> dict[CaseId, Held]:
    """Every hold, by case."""
    rows = await session.scalars(select(Hold).order_by(Hold.placed_at))
    return {
        CaseId(row.case_id): Held(
            case_id=CaseId(row.case_id),
            reason=keys.unwrap(row.reason, context=_context(row.case_id)).decode(),
            placed_by=ProfessionalId(row.placed_by),
            placed_at=row.placed_at,
            release_asked_by=(
                ProfessionalId(row.release_asked_by) if row.release_asked_by else None
            ),
        )
        for row in rows
    }


async def is_held(session: AsyncSession, case_id: CaseId) -> bool:
    """Whether one lies on the case."""
    return await session.get(Hold, case_id) is not None


def _context(case_id: UUID) -> str:
    return f"hold:{case_id}"
