"""Who works on a case: letting a colleague in, letting one go, leaving.

A colleague is let in only where the person agreed to share with a service that the colleague gives,
and a report about somebody under 18 only with people trained for it: the rule by which the case
found its first professional (`referrals/matching.py`).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import announce
from core.errors import BackUpError
from core.identifiers import CaseId, ProfessionalId
from referrals.accounts import Account
from referrals.cases import CASE_CHANNEL
from referrals.professionals import SignedIn, accounts
from referrals.tables import CaseRow
from vault import colleagues
from vault.age import Recipient
from vault.disclose import Record
from vault.keys import KeyProvider

SHARING = "c2."
"""The consents to share with a service: `c2.health`."""


class NotAgreedError(BackUpError):
    """The person did not agree to share with this service."""


class NotTrainedError(BackUpError):
    """The report is about somebody under 18, and this colleague is not trained for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What the person agreed to, as it stands now."""

    services: frozenset[str]
    minor: bool

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> "Agreed":
        """Read a case's reports and later consents, in their order: the latest word counts."""
        given, minor = dict[str, bool](), False
        for record in records:
            said: dict[str, Any] = json.loads(record.content)
            minor = minor or bool(said.get("minor"))
            for consent in said.get("consents", (said,)):
                given[consent["consent"]] = consent["given"]
        services = (name.removeprefix(SHARING) for name, yes in given.items() if yes)
        return cls(services=frozenset(services), minor=minor)

    def check(self, colleague: Account) -> None:
        """Refuse a colleague with whom this may not be shared.

        Raises:
            NotAgreedError: none of their services was agreed to.
            NotTrainedError: they are not trained for people under 18.
        """
        if self.minor and not colleague.child_trained:
            raise NotTrainedError("not trained for people under 18")
        if not self.services.intersection(colleague.services):
            raise NotAgreedError("the person did not agree to share with this service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody on the case, since when, and who let them in."""

    account: Account
    since: datetime
    added_by: Account | None


async def members(session: AsyncSession, case_id: CaseId, *, keys: KeyProvider) -> list[Member]:
    """Who is on the case, in the order in which they came."""
    everybody = {account.id: account for account in await accounts(session, keys=keys)}
    return [
        Member(
            account=everybody[holder.id],
            since=holder.since,
            added_by=everybody.get(holder.added_by) if holder.added_by else None,
        )
        for holder in await colleagues.holders(session, case_id)
    ]


async def candidates(
    session: AsyncSession, case_id: CaseId, agreed: Agreed, *, keys: KeyProvider
) -> Sequence[Account]:
    """Colleagues who could be let in now."""
    inside = {holder.id for holder in await colleagues.holders(session, case_id)}
    return [
        one
        for one in await accounts(session, keys=keys)
        if one.id not in inside and _works_here(one) and _fits(agreed, one)
    ]


async def add(
    session: AsyncSession,
    case_id: CaseId,
    *,
    by: SignedIn,
    colleague: Account,
    agreed: Agreed,
    now: datetime,
) -> None:
    """Let a colleague in.

    Raises:
        NotAgreedError, NotTrainedError: this may not be shared with them.
        NotAllowedError: `by` is not on the case, or the colleague is already.
    """
    agreed.check(colleague)
    await colleagues.let_in(
        session,
        case_id,
        by=by.account.id,
        identity=by.identity,
        colleague=colleague.id,
        recipient=colleague.recipient,
        now=now,
    )
    await announce(session, CASE_CHANNEL, str(case_id))


async def remove(
    session: AsyncSession,
    case_id: CaseId,
    *,
    by: SignedIn,
    colleague: ProfessionalId,
    keys: KeyProvider,
    escrow: Recipient,
    now: datetime,
) -> None:
    """Let a colleague go, or leave; what is new is sealed so that they can't read it.

    Raises:
        LastHolderError: nobody would be left.
        NotAllowedError: one of the two is not on the case.
    """
    row = await session.get_one(CaseRow, case_id, with_for_update=True)
    everybody = await accounts(session, keys=keys)
    await colleagues.let_go(
        session,
        case_id,
        by=by.account.id,
        identity=by.identity,
        colleague=colleague,
        recipients={account.id: account.recipient for account in everybody},
        escrow=escrow,
        now=now,
    )
    if row.professional_id == colleague:
        row.professional_id = (await colleagues.holders(session, case_id))[0].id
    await announce(session, CASE_CHANNEL, str(case_id))


def _works_here(account: Account) -> bool:
    return not account.suspended and not account.one_time


def _fits(agreed: Agreed, colleague: Account) -> bool:
    try:
        agreed.check(colleague)
    except (NotAgreedError, NotTrainedError):
        return False
    return True
