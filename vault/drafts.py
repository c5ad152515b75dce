"""A case's keys before there is a case: a file that is sent while answering is sealed at once.

Invariants: a draft has a case's own identity, wrapped for the server alone, as all of an unsent
conversation is; escrow gets its wrap when the report is sent, so whoever never sends it leaves
nothing that a later hand could open. Nothing is sealed anew: the draft becomes the case.
"""

from datetime import datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import GoneError
from core.identifiers import CaseId
from vault import custody, repository
from vault.age import Identity, Recipient
from vault.cases import DISPATCH, ESCROW, wrapped
from vault.entries import Act, Action
from vault.keys import KeyProvider


async def open_draft(session: AsyncSession, *, keys: KeyProvider, now: datetime) -> CaseId:
    """Give what may become a case its own identity, wrapped for the server alone."""
    case_id, identity = CaseId(uuid4()), Identity.generate()
    dispatch = keys.wrap(identity.seed, context=_dispatch(case_id))
    await repository.add_case(session, case_id, identity.recipient, now)
    await repository.add_wrap(session, case_id, DISPATCH, dispatch, now)
    custody.log(session, Act(actor="server", action=Action.OPEN, case_id=case_id))
    return case_id


async def keep_draft(
    session: AsyncSession, case_id: CaseId, *, keys: KeyProvider, escrow: Recipient, now: datetime
) -> None:
    """Let the draft be a case from here on: escrow gets its wrap.

    Raises:
        GoneError: when there is no such draft.
    """
    dispatch = (await repository.wraps_of(session, case_id, DISPATCH)).get(1)
    if dispatch is None:
        raise GoneError("there is no such draft")
    identity = Identity(keys.unwrap(dispatch, context=_dispatch(case_id)))
    sealed = wrapped(identity, case_id, ESCROW, escrow)
    await repository.add_wrap(session, case_id, ESCROW, sealed, now)


def _dispatch(case_id: CaseId) -> str:
    return f"{DISPATCH}:{case_id}"
