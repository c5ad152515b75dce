"""Signed-in browsers: rows that the database alone can't open.

The browser's cookie holds a random secret. From it come, by HKDF, the row's id, the key that seals
the professional's age identity and the key of the form tokens; none of them is stored but the id,
from which the others can't be found. Signing out deletes the row.
"""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BackUpError
from core.identifiers import ProfessionalId
from dashboard.tables import VisitRow
from vault.age import Identity
from vault.envelope import DataKey

IDLE = timedelta(minutes=30)
WHOLE = timedelta(hours=12)

_SECRET = 32
_NONCE = 8
# Writing down each request would cost a write per request; a minute's precision is enough.
_PRECISION = timedelta(minutes=1)


class SignedOutError(BackUpError):
    """Nobody is signed in here, or no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser that is signed in now, with the identity that its cookie opened."""

    professional: ProfessionalId
    identity: Identity = field(repr=False)
    token_key: bytes = field(repr=False)

    def form_token(self) -> str:
        """A token for the forms of one page; another on each page, so that length tells nothing."""
        nonce = os.urandom(_NONCE).hex()
        return f"{nonce}.{self._mac(nonce)}"

    def knows(self, form_token: str) -> bool:
        """Whether a form carries a token that was made for this browser."""
        nonce, _, mac = form_token.partition(".")
        return hmac.compare_digest(self._mac(nonce).encode(), mac.encode())

    def _mac(self, nonce: str) -> str:
        return hmac.new(self.token_key, nonce.encode(), "sha256").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVisit:
    """A signed-in browser as its professional sees it; what browser it is, is not kept."""

    begun_at: datetime
    seen_at: datetime
    here: bool


async def begin(
    session: AsyncSession, professional: ProfessionalId, identity: Identity, *, now: datetime
) -> str:
    """Sign this browser in; gives what its cookie must hold. Visits that ran out are cleared."""
    await session.execute(delete(VisitRow).where(_over(now)))
    secret = os.urandom(_SECRET)
    key, row = DataKey(_derived(secret, "identity")), _derived(secret, "row")
    session.add(
        VisitRow(
            id=row,
            professional_id=professional,
            identity=key.seal(identity.export().encode(), context=_bound(professional)),
            begun_at=now,
            seen_at=now,
        )
    )
    return urlsafe_b64encode(secret).decode()


async def resume(
    session: AsyncSession, cookie: str | None, *, now: datetime, touch: bool = True
) -> Visit:
    """The visit that a cookie belongs to; `touch` says that somebody is really there.

    Raises:
        SignedOutError: there is none, it rested too long, or it lasted long enough.
    """
    secret = _secret(cookie)
    row = await session.get(VisitRow, _derived(secret, "row"))
    if row is None or row.seen_at <= now - IDLE or row.begun_at <= now - WHOLE:
        raise SignedOutError("nobody is signed in here")
    if touch and row.seen_at <= now - _PRECISION:
        row.seen_at = now
    professional = ProfessionalId(row.professional_id)
    key = DataKey(_derived(secret, "identity"))
    identity = key.unseal(row.identity, context=_bound(professional)).decode()
    return Visit(
        professional=professional,
        identity=Identity.parse(identity),
        token_key=_derived(secret, "forms"),
    )


async def end(session: AsyncSession, cookie: str | None) -> None:
    """Sign this browser out; without a visit there is nothing to do."""
    try:
        row = _derived(_secret(cookie), "row")
    except SignedOutError:
        return
    await session.execute(delete(VisitRow).where(VisitRow.id == row))


async def open_visits(
    session: AsyncSession, professional: ProfessionalId, cookie: str | None, *, now: datetime
) -> list[OpenVisit]:
    """Where a professional is signed in, this browser first, then the latest."""
    here = _derived(_secret(cookie), "row")
    whose = (VisitRow.professional_id == professional, ~_over(now))
    rows = await session.scalars(
        select(VisitRow).where(*whose).order_by(VisitRow.id != here, VisitRow.seen_at.desc())
    )
    return [
        OpenVisit(begun_at=row.begun_at, seen_at=row.seen_at, here=row.id == here) for row in rows
    ]


async def end_others(
    session: AsyncSession, professional: ProfessionalId, cookie: str | None
) -> None:
    """Sign a professional out of every browser but this."""
    here = _derived(_secret(cookie), "row")
    others = (VisitRow.professional_id == professional, VisitRow.id != here)
    await session.execute(delete(VisitRow).where(*others))


async def end_all(session: AsyncSession, professional: ProfessionalId) -> None:
    """Sign a professional out of every browser."""
    await session.execute(delete(VisitRow).where(VisitRow.professional_id == professional))


def _over(now: datetime) -> ColumnElement[bool]:
    return or_(VisitRow.seen_at <= now - IDLE, VisitRow.begun_at <= now - WHOLE)


def _secret(cookie: str | None) -> bytes:
    try:
        secret = urlsafe_b64decode((cookie or "").encode())
    except ValueError:
        secret = b""
    if len(secret) != _SECRET:
        raise SignedOutError("nobody is signed in here")
    return secret


def _derived(secret: bytes, purpose: str) -> bytes:
    info = f"backup/visit/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def _bound(professional: ProfessionalId) -> str:
    return f"visit:{professional}"
