"""A new authenticator, and a new sign-in for somebody who lost theirs.

Who lost the password lost the identity that it sealed: nobody here can open it. They get a new
identity that opens no case; escrow (`vault/recovery.py`) or a colleague lets them into each again.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BackUpError
from core.identifiers import ProfessionalId
from referrals import passkeys
from referrals.accounts import Account, Enrolment, totp_uri
from referrals.credentials import Cost, accepted_step, new_password, new_totp_secret
from referrals.professionals import ProfessionalRow, account, bound, new_lock
from vault import custody, recovery
from vault.age import Identity
from vault.errors import SealError
from vault.keys import KeyProvider
from vault.signing import ActorKey

LIFE = timedelta(minutes=15)


class WrongCodeError(BackUpError):
    """The code is not the new authenticator's, or the page lay open for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """A secret that an authenticator app is about to learn; `sealed` is how a form carries it."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    sealed: str


def new_authenticator(keys: KeyProvider, owner: Account, *, now: datetime) -> Authenticator:
    """A secret that counts once a code of it was typed; until then it is kept nowhere."""
    secret = new_totp_secret()
    draft = json.dumps({"secret": secret, "until": (now + LIFE).isoformat()}).encode()
    sealed = urlsafe_b64encode(keys.wrap(draft, context=bound(owner.id, "new totp"))).decode()
    return Authenticator(secret=secret, uri=totp_uri(secret, owner.profile.email), sealed=sealed)


def same_authenticator(
    keys: KeyProvider, owner: Account, sealed: str, *, now: datetime
) -> Authenticator:
    """What a form carried back.

    Raises:
        WrongCodeError: the page lay open for too long, or the form is not ours.
    """
    try:
        draft = keys.unwrap(urlsafe_b64decode(sealed), context=bound(owner.id, "new totp"))
    except (SealError, ValueError) as error:
        raise WrongCodeError("not a form of ours") from error
    said = json.loads(draft)
    if datetime.fromisoformat(said["until"]) <= now:
        raise WrongCodeError("the page lay open for too long")
    uri = totp_uri(said["secret"], owner.profile.email)
    return Authenticator(secret=said["secret"], uri=uri, sealed=sealed)


async def use_authenticator(
    session: AsyncSession,
    owner: Account,
    fresh: Authenticator,
    code: str,
    *,
    keys: KeyProvider,
    now: datetime,
) -> None:
    """Replace the old authenticator by one that has shown a right code.

    Raises:
        WrongCodeError: the code is not the new authenticator's.
    """
    step = accepted_step(fresh.secret, code, now)
    if step is None:
        raise WrongCodeError("not the new authenticator's code")
    sealed = keys.wrap(fresh.secret.encode(), context=bound(owner.id, "totp"))
    mine = update(ProfessionalRow).where(ProfessionalRow.id == owner.id)
    await session.execute(mine.values(totp=sealed, totp_step=step))


async def start_anew(
    session: AsyncSession,
    professional: ProfessionalId,
    *,
    keys: KeyProvider,
    cost: Cost = Cost(),  # noqa: B008 - frozen
) -> Enrolment:
    """A new identity, one-time password and authenticator for somebody who lost the old ones.

    Raises:
        NotAllowedError: there is no such account, or it is suspended.
    """
    owner = await account(session, professional, keys=keys)
    identity, password, secret = Identity.generate(), new_password(), new_totp_secret()
    values = {
        "recipient": str(identity.recipient),
        "totp": keys.wrap(secret.encode(), context=bound(professional, "totp")),
        "totp_step": 0,
        "one_time": True,
        **await new_lock(keys, professional, identity, password, cost=cost),
    }
    mine = update(ProfessionalRow).where(ProfessionalRow.id == professional)
    await session.execute(mine.values(values))
    await passkeys.remove_all(session, professional)
    await recovery.lose(session, professional)
    custody.enrol(session, professional, ActorKey.of(identity))
    renewed = Account(
        id=professional, profile=owner.profile, recipient=identity.recipient, one_time=True
    )
    return Enrolment(account=renewed, password=password, totp_secret=secret)
