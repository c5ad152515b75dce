"""Who else may read a case: let in, let out, and what is sealed from then on.

Somebody who is let in gets a small wrap of every identity that the case has had; no object is
touched. Somebody who goes loses all their wraps, and the case begins a *generation*: a fresh
identity, to which everything new is sealed. For that nobody's secret is needed, only the public
halves of those who stay and of escrow; the identity is forgotten as soon as it is wrapped. What was
read cannot be unread.

Everything happens under the case's row lock and in the caller's transaction: a generation that was
not finished was never begun.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BackUpError, NotAllowedError
from core.identifiers import CaseId, ProfessionalId
from vault import custody, repository
from vault.age import Identity, Recipient
from vault.cases import ESCROW, holder_of, wrapped
from vault.disclose import case_identities
from vault.entries import Act, Action
from vault.signing import PROFESSIONAL, ActorKey

LOST = "lost:"


class LastHolderError(BackUpError):
    """Nobody else could read the case; somebody must be let in before this one can go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A professional who can open the case, since when, and by whose word."""

    id: ProfessionalId
    since: datetime
    added_by: ProfessionalId | None
    """None for whoever took the case from those that wait, and for whom escrow let in again."""


async def holders(session: AsyncSession, case_id: CaseId) -> Sequence[Holder]:
    """Who can open the case, in the order in which they came."""
    earliest: dict[str, Holder] = {}
    for wrap in await repository.wraps_with(session, case_id, PROFESSIONAL):
        earliest.setdefault(
            wrap.holder,
            Holder(id=_id(wrap.holder), since=wrap.created_at, added_by=_by(wrap.added_by)),
        )
    return list(earliest.values())


async def let_in(
    session: AsyncSession,
    case_id: CaseId,
    *,
    by: ProfessionalId,
    identity: Identity,
    colleague: ProfessionalId,
    recipient: Recipient,
    now: datetime,
) -> None:
    """Wrap every identity of the case to a colleague, by the word of one who can open them.

    Raises:
        NotAllowedError: `by` is not on the case, or the colleague already is.
    """
    await repository.hold_case(session, case_id)
    holder = holder_of(colleague)
    if await repository.wraps_of(session, case_id, holder):
        raise NotAllowedError("they are on this case already")
    identities = await case_identities(session, case_id, reader=by, identity=identity)
    await repository.drop_wraps(session, case_id, lost(colleague))
    wraps = {
        number: wrapped(one, case_id, holder, recipient, generation=number)
        for number, one in identities.items()
    }
    for number, wrap in wraps.items():
        await repository.add_wrap(
            session,
            case_id,
            holder,
            wrap,
            now,
            generation=number,
            added_by=holder_of(by),
        )
    act = _about(holder_of(by), Action.ADD, case_id, *wraps.values())
    custody.log(session, act, ActorKey.of(identity))
    custody.log(session, Act(actor=_passive(colleague), action=Action.ADMIT, case_id=case_id))


async def let_go(
    session: AsyncSession,
    case_id: CaseId,
    *,
    by: ProfessionalId,
    identity: Identity,
    colleague: ProfessionalId,
    recipients: Mapping[ProfessionalId, Recipient],
    escrow: Recipient,
    now: datetime,
) -> None:
    """Take a colleague's wraps, or one's own, and begin a generation that they can't open.

    `recipients` are the public halves of at least everybody who stays.

    Raises:
        NotAllowedError: one of the two is not on the case.
        LastHolderError: nobody would be left.
    """
    case = await repository.hold_case(session, case_id)
    staying = {holder.id for holder in await holders(session, case_id)}
    if not {by, colleague} <= staying:
        raise NotAllowedError("not on this case")
    staying.remove(colleague)
    if not staying:
        raise LastHolderError("nobody else could open this case")
    await repository.drop_wraps(session, case_id, holder_of(colleague))
    action = Action.LEAVE if by == colleague else Action.REMOVE
    act = Act(actor=holder_of(by), action=action, case_id=case_id)
    custody.log(session, act, ActorKey.of(identity))
    if by != colleague:
        custody.log(session, Act(actor=_passive(colleague), action=Action.LEAVE, case_id=case_id))
    case.generation, fresh = case.generation + 1, Identity.generate()
    case.recipient = str(fresh.recipient)
    keep = {ESCROW: escrow, **{holder_of(one): recipients[one] for one in staying}}
    for holder, recipient in keep.items():
        wrap = wrapped(fresh, case_id, holder, recipient, generation=case.generation)
        await repository.add_wrap(session, case_id, holder, wrap, now, generation=case.generation)
    custody.log(session, _about("server", Action.REKEY, case_id, case.recipient.encode()))


def lost(colleague: ProfessionalId) -> str:
    """The place of somebody whose own identity is gone, and whose wraps with it."""
    return f"{LOST}{colleague}"


def _about(actor: str, action: Action, case_id: CaseId, *things: bytes) -> Act:
    """An entry with the SHA-256 of what was made, of all in a row, and its size."""
    whole = b"".join(things)
    digest = hashlib.sha256(whole).digest()
    return Act(actor=actor, action=action, case_id=case_id, sha256=digest, size=len(whole))


def _passive(colleague: ProfessionalId) -> str:
    """Somebody to whom something was done; not their own act, so without their signature."""
    return f"holder:{colleague}"


def _id(holder: str) -> ProfessionalId:
    return ProfessionalId(UUID(holder.removeprefix(PROFESSIONAL)))


def _by(holder: str | None) -> ProfessionalId | None:
    return None if holder is None else _id(holder)
