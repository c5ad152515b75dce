"""Passkeys that open a professional's identity: WebAuthn with the PRF extension.

The authenticator gives, for one passkey and one fixed input, 32 bytes that nobody else can find.
The browser derives a key from them and sends it over TLS, as it sends a password; here it is mixed
with what only the server's keys give, and seals the identity once more. It is trusted exactly as
far as a password is, and can't be guessed, told, or typed on a false page.

Invariants: a challenge is used once and soon; the person was verified by the authenticator (which
makes a passkey two factors); a passkey without PRF is not taken, for it could open nothing.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import BigInteger, ColumnElement, ForeignKey, LargeBinary, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from core.database import Base
from core.errors import NotAllowedError
from core.identifiers import ProfessionalId
from referrals import ceremony
from referrals.accounts import Account
from referrals.ceremony import KEY, Answer, PasskeyError, Site
from referrals.professionals import ProfessionalRow, SignedIn, account
from vault.age import Identity
from vault.envelope import DataKey
from vault.keys import KeyProvider

LIFE = timedelta(minutes=5)
MOST = 10
"""Passkeys of one person."""
LONGEST_NAME = 60

_CHALLENGE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey as its owner sees it."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class PasskeyRow(Base):
    """A passkey's public half, and the identity as its secret half opens it."""

    __tablename__ = "passkeys"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    professional_id: Mapped[UUID] = mapped_column(
        ForeignKey(ProfessionalRow.id, ondelete="CASCADE"), index=True
    )
    name: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    identity: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ChallengeRow(Base):
    """Random bytes that a browser was given to have signed; gone once they are."""

    __tablename__ = "passkey_challenges"

    challenge: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    professional_id: Mapped[UUID | None]
    """Who adds a passkey; None where somebody signs in."""
    lapses_at: Mapped[datetime] = mapped_column(index=True)


async def ask_to_create(
    session: AsyncSession, owner: Account, *, site: Site, now: datetime
) -> dict[str, Any]:
    """What the owner's browser is asked, to make a passkey.

    Raises:
        PasskeyError: this person has as many as one may have.
    """
    whose = PasskeyRow.professional_id == owner.id
    known = (await session.scalars(select(PasskeyRow.id).where(whose))).all()
    if len(known) >= MOST:
        raise PasskeyError("too many passkeys")
    challenge = await _challenge(session, owner.id, now)
    return ceremony.creation_options(owner, challenge, known=known, site=site)


async def ask_to_sign(session: AsyncSession, *, site: Site, now: datetime) -> dict[str, Any]:
    """What any browser is asked, to sign somebody in."""
    return ceremony.request_options(await _challenge(session, None, now), site=site)


async def add(
    session: AsyncSession,
    signed_in: SignedIn,
    answer: Answer,
    *,
    keys: KeyProvider,
    name: str,
    site: Site,
    now: datetime,
) -> None:
    """Keep a new passkey, with its owner's identity sealed under it.

    Raises:
        PasskeyError: the answer does not prove a passkey that was asked for here and now.
    """
    owner = signed_in.account.id
    challenge = await _use_challenge(session, answer, owner, now)
    made = ceremony.made(answer, challenge, site=site)
    identifier = made.credential_id
    if await session.get(PasskeyRow, identifier) is not None:
        raise PasskeyError("this passkey is known already")
    sealed = _data_key(keys, owner, answer).seal(
        signed_in.identity.export().encode(), context=_bound(identifier)
    )
    session.add(
        PasskeyRow(
            id=identifier,
            professional_id=owner,
            name=_sealed_name(keys, identifier, name),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            identity=sealed,
            created_at=now,
        )
    )


async def sign_in_by_passkey(
    session: AsyncSession, answer: Answer, *, keys: KeyProvider, site: Site, now: datetime
) -> SignedIn:
    """Check a passkey's signature and open its owner's identity.

    Raises:
        PasskeyError: it is not known, did not sign, was copied, or its owner is suspended.
        SealError: it signed, and its key does not open the identity.
    """
    challenge = await _use_challenge(session, answer, None, now)
    row = await session.get(PasskeyRow, answer.passkey, with_for_update=True)
    if row is None:
        raise PasskeyError("an unknown passkey")
    signed = ceremony.signed(
        answer, challenge, public_key=row.public_key, count=row.sign_count, site=site
    )
    try:
        owner = await account(session, ProfessionalId(row.professional_id), keys=keys)
    except NotAllowedError as error:
        raise PasskeyError("a passkey of a suspended account") from error
    opened = _data_key(keys, owner.id, answer).unseal(row.identity, context=_bound(row.id))
    row.sign_count, row.used_at = signed.new_sign_count, now
    return SignedIn(account=owner, identity=Identity.parse(opened.decode()))


async def passkeys(
    session: AsyncSession, owner: ProfessionalId, *, keys: KeyProvider
) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    whose = PasskeyRow.professional_id == owner
    rows = await session.scalars(select(PasskeyRow).where(whose).order_by(PasskeyRow.created_at))
    return [
        Passkey(
            id=bytes_to_base64url(row.id),
            name=keys.unwrap(row.name, context=_bound_name(row.id)).decode(),
            created_at=row.created_at,
            used_at=row.used_at,
        )
        for row in rows
    ]


async def rename(
    session: AsyncSession, owner: ProfessionalId, passkey: str, name: str, *, keys: KeyProvider
) -> None:
    """Give one's passkey another name; nothing happens to anybody else's."""
    identifier = _read(passkey)
    sealed = _sealed_name(keys, identifier, name)
    await session.execute(update(PasskeyRow).where(*_owned(owner, identifier)).values(name=sealed))


async def remove(session: AsyncSession, owner: ProfessionalId, passkey: str) -> None:
    """Forget one's passkey: from here on it opens nothing."""
    await session.execute(delete(PasskeyRow).where(*_owned(owner, _read(passkey))))


async def remove_all(session: AsyncSession, owner: ProfessionalId) -> None:
    """Forget every passkey of a person."""
    await session.execute(delete(PasskeyRow).where(PasskeyRow.professional_id == owner))


async def _challenge(session: AsyncSession, owner: ProfessionalId | None, now: datetime) -> bytes:
    challenge = os.urandom(_CHALLENGE)
    await session.execute(delete(ChallengeRow).where(ChallengeRow.lapses_at <= now))
    session.add(ChallengeRow(challenge=challenge, professional_id=owner, lapses_at=now + LIFE))
    return challenge


async def _use_challenge(
    session: AsyncSession, answer: Answer, owner: ProfessionalId | None, now: datetime
) -> bytes:
    """Take the challenge that an answer is to: of two answers to one, the second gets nothing."""
    asked = (
        ChallengeRow.challenge == answer.challenge,
        ChallengeRow.lapses_at > now,
        ChallengeRow.professional_id.is_not_distinct_from(owner),
    )
    taken = delete(ChallengeRow).where(*asked).returning(ChallengeRow.challenge)
    challenge = await session.scalar(taken)
    if challenge is None:
        raise PasskeyError("an answer to what was not asked")
    return challenge


def _data_key(keys: KeyProvider, owner: ProfessionalId, answer: Answer) -> DataKey:
    if len(answer.key) != KEY:
        raise PasskeyError("a passkey without a key")
    pepper = keys.fingerprint(str(owner), purpose="passkey")
    info = b"backup/passkey/identity"
    return DataKey(HKDF(algorithm=SHA256(), length=KEY, salt=pepper, info=info).derive(answer.key))


def _sealed_name(keys: KeyProvider, identifier: bytes, name: str) -> bytes:
    return keys.wrap(name.strip()[:LONGEST_NAME].encode(), context=_bound_name(identifier))


def _read(passkey: str) -> bytes:
    try:
        return base64url_to_bytes(passkey)
    except ValueError as error:
        raise NotAllowedError("no such passkey") from error


def _bound_name(identifier: bytes) -> str:
    return f"{_bound(identifier)}:name"


def _bound(identifier: bytes) -> str:
    return f"passkey:{identifier.hex()}"


def _owned(owner: ProfessionalId, identifier: bytes) -> tuple[ColumnElement[bool], ...]:
    return PasskeyRow.id == identifier, PasskeyRow.professional_id == owner
