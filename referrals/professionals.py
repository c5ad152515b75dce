"""The people who help: their accounts, and the sign-in that alone opens their age identity.

Invariants: one derivation from the password gives the verifier and the key that seals the identity,
so the server alone can't open it, and the database alone can't even test a guess. A code is taken
once. An unknown login costs as much work as a known one and gets the same answer.
"""

import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, LargeBinary, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Sessions
from core.errors import BackUpError, NotAllowedError
from core.identifiers import ProfessionalId
from referrals.accounts import Account, Enrolment, Profile
from referrals.credentials import (
    MINIMUM_LENGTH,
    Cost,
    Derived,
    accepted_step,
    derive,
    new_password,
    new_totp_secret,
)
from vault import custody
from vault.age import Identity, Recipient
from vault.keys import KeyProvider
from vault.signing import ActorKey

_SALT = 16


class SignInError(BackUpError):
    """The e-mail, the password or the code is wrong; which of them is never told."""


class WeakPasswordError(BackUpError):
    """The new password is too short, or it is the old one."""


class KnownLoginError(BackUpError):
    """Somebody with this e-mail is enrolled already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A professional who proved to be one, with the identity that opens their cases."""

    account: Account
    identity: Identity = field(repr=False)


class ProfessionalRow(Base):
    """An account; whoever reads the row learns neither name nor e-mail and can test no guess."""

    __tablename__ = "professionals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    profile: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    passes: Mapped[int]
    memory_kib: Mapped[int]
    lanes: Mapped[int]
    verifier: Mapped[bytes] = mapped_column(LargeBinary)
    recipient: Mapped[str]
    identity: Mapped[bytes] = mapped_column(LargeBinary)
    totp: Mapped[bytes] = mapped_column(LargeBinary)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The latest 30-second step whose code was used; this one and earlier ones are refused."""
    one_time: Mapped[bool]
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


async def enrol(
    session: AsyncSession,
    *,
    keys: KeyProvider,
    profile: Profile,
    now: datetime,
    password: str | None = None,
    cost: Cost = Cost(),  # noqa: B008 - frozen
) -> Enrolment:
    """Make an account with an age identity of its own.

    Without a `password` that its owner chose, a one-time password is made.

    Raises:
        KnownLoginError: somebody with this e-mail is enrolled already.
    """
    identifier, identity, secret = ProfessionalId(uuid4()), Identity.generate(), new_totp_secret()
    chosen, recipient = password or new_password(), identity.recipient
    values = {
        "id": identifier,
        "login": login_fingerprint(keys, profile.email),
        "profile": keys.wrap(profile.to_bytes(), context=bound(identifier, "profile")),
        "recipient": str(recipient),
        "totp": keys.wrap(secret.encode(), context=bound(identifier, "totp")),
        "one_time": password is None,
        "created_at": now,
        **await new_lock(keys, identifier, identity, chosen, cost=cost),
    }
    added = insert(ProfessionalRow).values(**values).on_conflict_do_nothing()
    if await session.scalar(added.returning(ProfessionalRow.id)) is None:
        raise KnownLoginError("this e-mail is enrolled already")
    custody.enrol(session, identifier, ActorKey.of(identity))
    account = Account(
        id=identifier, profile=profile, recipient=recipient, one_time=password is None
    )
    return Enrolment(account=account, password=chosen, totp_secret=secret)


async def sign_in(
    sessions: Sessions, *, keys: KeyProvider, email: str, password: str, code: str, now: datetime
) -> SignedIn:
    """Check e-mail, password and code, and open the identity.

    Takes the maker of sessions, for no connection may be held during the slow derivation.

    Raises:
        SignInError: something is wrong or the account is suspended; which is not told.
    """
    async with sessions() as session:
        found = select(ProfessionalRow).where(
            ProfessionalRow.login == login_fingerprint(keys, email)
        )
        row = await session.scalar(found)
    derived = await _derive(row or _nobody(), keys, password)
    if row is None or row.suspended_at is not None or not derived.matches(row.verifier):
        raise SignInError("wrong e-mail, password or code")
    secret = keys.unwrap(row.totp, context=bound(row.id, "totp")).decode()
    await _use_code(sessions, row.id, accepted_step(secret, code, now))
    identity = _open(row, derived)
    async with sessions.begin() as session:
        # Accounts that are older than signed entries.
        await custody.enrol_once(session, row.id, ActorKey.of(identity))
    return SignedIn(account=_account(row, keys), identity=identity)


async def change_password(
    sessions: Sessions,
    *,
    keys: KeyProvider,
    professional: ProfessionalId,
    old: str,
    new: str,
    cost: Cost = Cost(),  # noqa: B008 - frozen
) -> None:
    """Seal the identity anew under a password that its owner chose.

    Raises:
        SignInError: the old password is wrong.
        WeakPasswordError: the new one is too short, or the old one.
    """
    if len(new) < MINIMUM_LENGTH or new == old:
        raise WeakPasswordError("choose another, longer password")
    row, before = await _proven(sessions, keys, professional, old)
    lock = await new_lock(keys, professional, _open(row, before), new, cost=cost)
    async with sessions.begin() as session:
        # Two changes at once: the one that saw the password still in use wins.
        same = (ProfessionalRow.id == professional, ProfessionalRow.verifier == row.verifier)
        await session.execute(update(ProfessionalRow).where(*same).values(one_time=False, **lock))


async def check_password(
    sessions: Sessions, *, keys: KeyProvider, professional: ProfessionalId, password: str
) -> None:
    """Make sure that whoever sits there is the one who signed in.

    Raises:
        SignInError: the password is wrong.
    """
    await _proven(sessions, keys, professional, password)


async def account(
    session: AsyncSession, professional: ProfessionalId, *, keys: KeyProvider
) -> Account:
    """The account as it is now.

    Raises:
        NotAllowedError: there is none, or it is suspended.
    """
    row = await session.get(ProfessionalRow, professional)
    if row is None or row.suspended_at is not None:
        raise NotAllowedError("no such account")
    return _account(row, keys)


async def accounts(session: AsyncSession, *, keys: KeyProvider) -> list[Account]:
    """Every account, the suspended ones too, in the order of enrolment."""
    rows = await session.scalars(select(ProfessionalRow).order_by(ProfessionalRow.created_at))
    return [_account(row, keys) for row in rows]


async def suspend(session: AsyncSession, professional: ProfessionalId, *, now: datetime) -> None:
    """Let this account sign in and read no more."""
    whose = ProfessionalRow.id == professional
    await session.execute(update(ProfessionalRow).where(whose).values(suspended_at=now))


def login_fingerprint(keys: KeyProvider, email: str) -> bytes:
    """What an e-mail is looked up by; capitals and blanks around it do not count."""
    return keys.fingerprint(email.strip().casefold(), purpose="login")


async def new_lock(
    keys: KeyProvider,
    professional: ProfessionalId,
    identity: Identity,
    password: str,
    *,
    cost: Cost,
) -> dict[str, object]:
    """The columns that depend on the password, for a password that is new."""
    salt = os.urandom(_SALT)
    derived = await derive(password, salt=salt, pepper=_pepper(keys, professional), cost=cost)
    sealed = derived.key.seal(identity.export().encode(), context=bound(professional, "identity"))
    return {**asdict(cost), "salt": salt, "verifier": derived.verifier, "identity": sealed}


async def _proven(
    sessions: Sessions, keys: KeyProvider, professional: ProfessionalId, password: str
) -> tuple[ProfessionalRow, Derived]:
    async with sessions() as session:
        row = await session.get_one(ProfessionalRow, professional)
    derived = await _derive(row, keys, password)
    if not derived.matches(row.verifier):
        raise SignInError("wrong password")
    return row, derived


async def _derive(row: ProfessionalRow, keys: KeyProvider, password: str) -> Derived:
    cost = Cost(passes=row.passes, memory_kib=row.memory_kib, lanes=row.lanes)
    pepper = _pepper(keys, ProfessionalId(row.id))
    return await derive(password, salt=row.salt, pepper=pepper, cost=cost)


async def _use_code(sessions: Sessions, professional: UUID, step: int | None) -> None:
    """Take a code's step as used, in one statement, so that no two sign-ins share a code."""
    if step is None:
        raise SignInError("wrong e-mail, password or code")
    fresh = (ProfessionalRow.id == professional, ProfessionalRow.totp_step < step)
    used = update(ProfessionalRow).where(*fresh).values(totp_step=step)
    async with sessions.begin() as session:
        if await session.scalar(used.returning(ProfessionalRow.id)) is None:
            raise SignInError("wrong e-mail, password or code")


def _open(row: ProfessionalRow, derived: Derived) -> Identity:
    sealed = derived.key.unseal(row.identity, context=bound(row.id, "identity"))
    return Identity.parse(sealed.decode())


def _account(row: ProfessionalRow, keys: KeyProvider) -> Account:
    profile = keys.unwrap(row.profile, context=bound(row.id, "profile"))
    return Account(
        id=ProfessionalId(row.id),
        profile=Profile.from_bytes(profile),
        recipient=Recipient.parse(row.recipient),
        one_time=row.one_time,
        suspended=row.suspended_at is not None,
    )


def _nobody() -> ProfessionalRow:
    """A row to work on for a login that nobody has."""
    return ProfessionalRow(id=uuid4(), salt=os.urandom(_SALT), **asdict(Cost()))


def _pepper(keys: KeyProvider, professional: ProfessionalId) -> bytes:
    return keys.fingerprint(str(professional), purpose="password")


def bound(professional: UUID, purpose: str) -> str:
    """The context to which a professional's own columns are sealed."""
    return f"professional:{professional}:{purpose}"
