"""Those outside the server who vouch for checkpoints: time-stamping authorities, and witnesses.

A witness (C2SP) is somebody who keeps what it last saw of the log, checks that the log only grew
since, and signs that with the time. So a log that shows different things to different people, or
that was put back to an earlier state, finds no witness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.x509 import Certificate
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import ConfigurationError
from vault import note, timestamps
from vault.errors import SealError, TamperedError
from vault.findings import Finding, Problem
from vault.note import COSIGNATURE, Verifier
from vault.tables import CustodyCheckpoint, CustodyCosignature, CustodyTimestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """Who vouches that the log stood so, up to which entry, and since when."""

    name: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouchers:
    """What a check of all that is kept from outside found; the latest of each name."""

    findings: tuple[Finding, ...]
    stamped: tuple[Voucher, ...]
    witnessed: tuple[Voucher, ...]
    unchecked: int
    """Timestamps and cosignatures of authorities and witnesses that no setting names."""


def read_witnesses(text: str | None) -> list[Verifier]:
    """The witnesses' keys (C2SP verifier keys of cosigners) in a setting, separated by commas.

    Raises:
        ConfigurationError: one of them is none.
    """
    try:
        witnesses = [Verifier.parse(one.strip()) for one in (text or "").split(",") if one.strip()]
    except SealError as error:
        raise ConfigurationError(f"WITNESS_KEYS: {error}") from None
    if any(witness.algorithm != COSIGNATURE for witness in witnesses):
        raise ConfigurationError("WITNESS_KEYS should be keys that `backup witness` has printed")
    return witnesses


async def add_cosignature(session: AsyncSession, size: int, witness: Verifier, line: str) -> None:
    """Keep a witness's line under the checkpoint of `size` entries; a second one is not needed.

    Raises:
        TamperedError: there is no such checkpoint, or the witness did not sign this one.
    """
    stored = await session.scalar(
        select(CustodyCheckpoint.note).where(CustodyCheckpoint.size == size)
    )
    if stored is None:
        raise TamperedError(f"there is no checkpoint of {size} entries")
    row = {
        "size": size,
        "witness": witness.name,
        "at": _opened(stored, line, witness),
        "line": line,
    }
    await session.execute(insert(CustodyCosignature).values(row).on_conflict_do_nothing())


async def add_timestamp(
    session: AsyncSession, size: int, authority: str, at: datetime, token: bytes
) -> None:
    """Keep a token; a second one of the same authority is not needed."""
    row = {"size": size, "authority": authority, "at": at, "token": token}
    await session.execute(insert(CustodyTimestamp).values(row).on_conflict_do_nothing())


async def latest_timestamps(session: AsyncSession) -> list[Voucher]:
    """The latest timestamp of each authority, as it is kept."""
    query = (
        select(CustodyTimestamp.authority, CustodyTimestamp.size, CustodyTimestamp.at)
        .ext(distinct_on(CustodyTimestamp.authority))
        .order_by(CustodyTimestamp.authority, CustodyTimestamp.size.desc())
    )
    return [Voucher(name=name, size=size, at=at) for name, size, at in await session.execute(query)]


async def latest_cosignatures(session: AsyncSession) -> list[Voucher]:
    """The latest cosignature of each witness, as it is kept."""
    query = (
        select(CustodyCosignature.witness, CustodyCosignature.size, CustodyCosignature.at)
        .ext(distinct_on(CustodyCosignature.witness))
        .order_by(CustodyCosignature.witness, CustodyCosignature.size.desc())
    )
    return [Voucher(name=name, size=size, at=at) for name, size, at in await session.execute(query)]


async def check_vouchers(
    session: AsyncSession, witnesses: Sequence[Verifier], roots: Sequence[Certificate]
) -> Vouchers:
    """Check every timestamp and cosignature against its checkpoint, as far as keys are known."""
    known = {witness.name: witness for witness in witnesses}
    stamps, stamped, unstamped = await _stamps(session, roots)
    signed, witnessed, unknown = await _signed(session, known)
    return Vouchers(
        findings=(*stamps, *signed),
        stamped=tuple(stamped.values()),
        witnessed=tuple(witnessed.values()),
        unchecked=unstamped + unknown,
    )


Checked = tuple[list[Finding], dict[str, Voucher], int]


async def _stamps(session: AsyncSession, roots: Sequence[Certificate]) -> Checked:
    findings, latest, unchecked = list[Finding](), dict[str, Voucher](), 0
    query = (
        select(CustodyTimestamp, CustodyCheckpoint.note)
        .join(CustodyCheckpoint, CustodyCheckpoint.size == CustodyTimestamp.size)
        .order_by(CustodyTimestamp.size)
    )
    for row, signed in await session.execute(query):
        if not roots:
            unchecked += 1
            continue
        try:
            at = timestamps.verify(row.token, signed.encode(), roots)
        except TamperedError:
            findings.append(Finding.at(Problem.UNTIMED, row.size))
        else:
            latest[row.authority] = Voucher(name=row.authority, size=row.size, at=at)
    return findings, latest, unchecked


async def _signed(session: AsyncSession, known: dict[str, Verifier]) -> Checked:
    findings, latest, unchecked = list[Finding](), dict[str, Voucher](), 0
    query = (
        select(CustodyCosignature, CustodyCheckpoint.note)
        .join(CustodyCheckpoint, CustodyCheckpoint.size == CustodyCosignature.size)
        .order_by(CustodyCosignature.size)
    )
    for row, signed in await session.execute(query):
        witness = known.get(row.witness)
        if witness is None:
            unchecked += 1
            continue
        try:
            at = _opened(signed, row.line, witness)
        except TamperedError:
            findings.append(Finding.at(Problem.UNWITNESSED, row.size))
        else:
            latest[row.witness] = Voucher(name=row.witness, size=row.size, at=at)
    return findings, latest, unchecked


def _opened(signed: str, line: str, witness: Verifier) -> datetime:
    """When the witness signed this checkpoint; raises TamperedError when it did not."""
    note.opened(f"{signed.rpartition(_BLANK)[0]}{_BLANK}{line}\n", [witness])
    return datetime.fromtimestamp(note.cosigned_at(line), UTC)


_BLANK = "\n\n"
