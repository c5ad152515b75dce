"""How often somebody may try to sign in: a delay that grows, and that can't be used as a weapon.

Failures are counted per login and per network address, in PostgreSQL: a restart forgets nothing,
and any number of dashboard processes count together. After a few free failures each further one
costs a wait that doubles up to a minute; a try during the wait is not checked, and does not make it
longer. So that a stranger who keeps trying can't keep a colleague out, a browser in which somebody
has signed in before is counted by itself: it holds a mark that only this server can have made.
"""

import hmac
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import (
    case,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BackUpError
from dashboard.tables import AttemptRow
from vault.keys import KeyProvider

FREE = 5
LONGEST = timedelta(minutes=1)
FORGET = timedelta(minutes=30)
MARK_LIFE = timedelta(days=180)

_NONCE = 16
# 2**20 seconds are beyond the longest wait; larger powers would only overflow.
_MOST = 20
_IPV6_SITE = 64


class TooManyAttemptsError(BackUpError):
    """Too many failures; the next try may come after a short wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many attempts")
        self.wait = wait


def wait_after(failures: int) -> timedelta:
    """How long after so many failures the next try may come."""
    beyond = min(failures - FREE, _MOST)
    return timedelta() if beyond < 0 else min(timedelta(seconds=2**beyond), LONGEST)


def subjects(keys: KeyProvider, *, login: bytes, address: str, mark: str | None) -> list[bytes]:
    """Whose failures a try counts for: this browser if it is known, otherwise login and network."""
    if mark is not None and _genuine(keys, login, mark):
        return [keys.fingerprint(mark, purpose="attempts/browser")]
    return [
        keys.fingerprint(login.hex(), purpose="attempts/login"),
        keys.fingerprint(_network(address), purpose="attempts/network"),
    ]


def asker(keys: KeyProvider, *, address: str, purpose: str) -> list[bytes]:
    """Whose failures a question counts for that anybody may ask: the network's, for it alone."""
    return [keys.fingerprint(_network(address), purpose=f"attempts/{purpose}")]


async def count(session: AsyncSession, whose: Sequence[bytes], *, now: datetime) -> None:
    """Count one failure, before the password is looked at: tries at the same time count too.

    Raises:
        TooManyAttemptsError: one of the subjects has to wait.
    """
    for subject in whose:
        added = insert(AttemptRow).values(subject=subject, failures=1, retry_at=now)
        forgotten = AttemptRow.retry_at < now - FORGET
        counted = added.on_conflict_do_update(
            index_elements=[AttemptRow.subject],
            set_={"failures": case((forgotten, 1), else_=AttemptRow.failures + 1)},
            where=AttemptRow.retry_at <= now,
        )
        row = AttemptRow.subject == subject
        # From here on the row is held, so tries at the same time wait for the outcome of this one.
        failures = await session.scalar(counted.returning(AttemptRow.failures))
        if failures is None:
            retry_at = await session.scalar(select(AttemptRow.retry_at).where(row))
            raise TooManyAttemptsError((retry_at or now) - now)
        await session.execute(
            update(AttemptRow).where(row).values(retry_at=now + wait_after(failures))
        )


async def forgive(session: AsyncSession, whose: Sequence[bytes], *, now: datetime) -> None:
    """After a success: this login or browser starts afresh, and old failures are forgotten.

    The network gets back this one try alone, or one good account would wash away tries at others.
    """
    first, *others = whose
    old = AttemptRow.retry_at < now - FORGET
    await session.execute(delete(AttemptRow).where((AttemptRow.subject == first) | old))
    await session.execute(
        update(AttemptRow)
        .where(AttemptRow.subject.in_(others))
        .values(failures=AttemptRow.failures - 1, retry_at=now)
    )


def new_mark(keys: KeyProvider, login: bytes) -> str:
    """What a browser keeps after a success, to be told from a stranger's."""
    nonce = os.urandom(_NONCE).hex()
    return f"{nonce}.{_tag(keys, login, nonce)}"


def _genuine(keys: KeyProvider, login: bytes, mark: str) -> bool:
    nonce, _, tag = mark.partition(".")
    return hmac.compare_digest(_tag(keys, login, nonce).encode(), tag.encode())


def _tag(keys: KeyProvider, login: bytes, nonce: str) -> str:
    return keys.fingerprint(f"{login.hex()}:{nonce}", purpose="known browser").hex()


def _network(address: str) -> str:
    """The address, or the IPv6 site: a home or an office can use any address of its /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(parsed if parsed.version == 4 else ip_network((parsed, _IPV6_SITE), strict=False))  # noqa: PLR2004
