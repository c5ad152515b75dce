"""A case's keys: made when it opens, handed over at acceptance, gone after DELETE.

The *dispatch* wrap is the server's own and lives only until a professional accepts; whom else the
case is for is told in `vault/colleagues.py`. The entry point owns the transaction: nothing here
commits.
"""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotAllowedError
from core.identifiers import CaseId, ProfessionalId
from vault import custody, repository
from vault.age import Identity, Recipient, seal
from vault.canonical import Value, bind
from vault.entries import Act, Action
from vault.keys import KeyProvider
from vault.signing import ActorKey, actor_of
from vault.store import ObjectStore

DISPATCH = "dispatch"
ESCROW = "escrow"


async def open_case(
    session: AsyncSession, *, keys: KeyProvider, escrow: Recipient, now: datetime
) -> CaseId:
    """Give a new case its own identity, wrapped for dispatch and for escrow."""
    case_id, identity = CaseId(uuid4()), Identity.generate()
    dispatch = keys.wrap(identity.seed, context=_dispatch(case_id))
    await repository.add_case(session, case_id, identity.recipient, now)
    await repository.add_wrap(session, case_id, DISPATCH, dispatch, now)
    await repository.add_wrap(
        session, case_id, ESCROW, wrapped(identity, case_id, ESCROW, escrow), now
    )
    custody.log(session, Act(actor="server", action=Action.OPEN, case_id=case_id))
    return case_id


async def admit(
    session: AsyncSession,
    case_id: CaseId,
    *,
    keys: KeyProvider,
    professional: ProfessionalId,
    recipient: Recipient,
    signer: ActorKey,
) -> None:
    """Turn the dispatch wrap into the accepting professional's, so that the server can't read on.

    Raises:
        NotAllowedError: when there is no dispatch wrap, because another was first.
    """
    dispatch = await repository.take_wrap(session, case_id, DISPATCH)
    if dispatch is None:
        raise NotAllowedError("this case is not waiting for anyone")
    identity = Identity(keys.unwrap(dispatch, context=_dispatch(case_id)))
    holder = holder_of(professional)
    sealed = wrapped(identity, case_id, holder, recipient)
    await repository.add_wrap(session, case_id, holder, sealed, datetime.now(UTC))
    custody.log(session, Act(actor=holder, action=Action.ADMIT, case_id=case_id), signer)


async def shred(
    session: AsyncSession, case_id: CaseId, *, store: ObjectStore, actor: str = "survivor"
) -> None:
    """Destroy a case: wraps, records, objects and rows; one custody entry without content stays.

    The entry's actor says why: `survivor` asked for it, or `retention:<class>` ran out. A hold is
    for `referrals/retention.py` to heed; a survivor's own word goes before every hold.

    Objects go first. If the transaction then fails, the case's files are gone and its rows are
    not: asking again finishes what was asked for, and nothing has become readable meanwhile.

    Raises:
        GoneError: when there is no such case.
    """
    for ref in await repository.doomed_objects(session, case_id):
        await asyncio.to_thread(store.erase, ref)
    await repository.remove_case(session, case_id)
    custody.log(session, Act(actor=actor, action=Action.SHRED, case_id=case_id))


def holder_of(professional: ProfessionalId) -> str:
    """How wraps, records and custody entries name a professional."""
    return actor_of(professional)


def wrapped(
    identity: Identity, case_id: CaseId, holder: str, recipient: Recipient, *, generation: int = 1
) -> bytes:
    """One of the case's identities, sealed to its holder and bound to case, holder, generation."""
    return seal(bind(place_of(case_id, holder, generation), identity.seed), [recipient])


def place_of(case_id: CaseId, holder: str, generation: int = 1) -> dict[str, Value]:
    """The line that binds a wrap; of the first generation, as it was before there were others."""
    place: dict[str, Value] = {"case": str(case_id), "holder": holder, "version": 1}
    return place if generation == 1 else {**place, "generation": generation}


def _dispatch(case_id: CaseId) -> str:
    return f"{DISPATCH}:{case_id}"
