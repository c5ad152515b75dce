"""What anyone who has a receipt may know: when it was received, and that it is unchanged; no more.

Times are told by the hour. Nothing tells what was received, from whom, or how many there are.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import GoneError
from vault import ledger, proofs
from vault.bundle.evidence import PRESERVED, vouched
from vault.checkpoint import log_signer
from vault.entries import Action, Entry
from vault.errors import TamperedError
from vault.keys import KeyProvider
from vault.receipts import Pointer, find
from vault.store import ObjectRef, ObjectStore
from vault.tables import SealedRecord

SENDER = "survivor"
"""How the log names whoever sends something."""
BLOCK = 1 << 20


class State(StrEnum):
    """What has become of what a receipt is for."""

    KEPT = "kept"
    ERASED = "erased"
    """At its sender's wish."""
    EXPIRED = "expired"
    """For another reason, such as the end of the time for which it may be kept."""
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Who vouches for the entry; `at` is the end of the hour in which they first did."""

    kind: str
    """`checkpoint` (the log itself, without a time), `witness`, `timestamp`, `anchor` or
    `development`."""
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that anyone is told about a receipt: times by the hour, and whether it is unchanged."""

    state: State
    received_at: datetime
    since: tuple[Since, ...] = ()
    same: bool | None = None
    """Whether a file with the given SHA-256 is the one; None where there is nothing to compare."""


async def check(
    session: AsyncSession,
    code: str,
    *,
    keys: KeyProvider,
    store: ObjectStore,
    sha256: str | None = None,
) -> Answer | None:
    """What may be told to whoever has a code (as `read_code` gives it); None if it is nobody's.

    Raises:
        StoreError: the store does not answer, so nothing can be said now.
    """
    pointer = await find(session, code)
    if pointer is None:
        return None
    entries = [entry async for entry in ledger.entries(session, pointer.case_id)]
    kept = _entry_of(pointer, entries)
    if kept is None:
        return None
    state = await _state(session, store, kept, entries)
    since: tuple[Since, ...] = ()
    if state != State.CHANGED:
        try:
            since = await _since(session, keys, kept)
        except TamperedError:
            state = State.CHANGED
    same = None
    if pointer.sha256 is not None and sha256 is not None:
        same = hmac.compare_digest(pointer.sha256, sha256.lower())
    return Answer(state=state, received_at=_hour(kept.at), since=since, same=same)


def _entry_of(pointer: Pointer, entries: list[Entry]) -> Entry | None:
    found = (e for e in entries if e.record_id == pointer.record_id and e.action in PRESERVED)
    return next(found, None)


async def _state(
    session: AsyncSession, store: ObjectStore, kept: Entry, entries: list[Entry]
) -> State:
    if not kept.unchanged:
        return State.CHANGED
    row = await session.get(SealedRecord, kept.record_id)
    if row is None:
        ends = (
            entry
            for entry in entries
            if entry.action == Action.SHRED and entry.record_id in {None, kept.record_id}
        )
        end = next(ends, None)
        if end is None:
            return State.CHANGED
        return State.ERASED if end.actor == SENDER else State.EXPIRED
    same = await asyncio.to_thread(_digest, row, store) == kept.sha256
    return State.KEPT if same else State.CHANGED


def _digest(row: SealedRecord, store: ObjectStore) -> bytes | None:
    """The SHA-256 of the ciphertext as it is now; None when it is gone."""
    if row.sealed is not None:
        return hashlib.sha256(row.sealed).digest()
    try:
        with store.open(ObjectRef(row.object or "")) as file:
            digest = hashlib.sha256()
            while block := file.read(BLOCK):
                digest.update(block)
            return digest.digest()
    except GoneError:
        return None


async def _since(session: AsyncSession, keys: KeyProvider, kept: Entry) -> tuple[Since, ...]:
    """Who vouches for an entry, each since when; nothing yet, in its first hours.

    Raises:
        TamperedError: the entry is not in the log as it was signed.
    """
    newest = await ledger.checkpoint_of(session)
    if newest is None or newest[0] < kept.sequence:
        return ()
    proof = await proofs.prove(session, kept.sequence, newest[0])
    proof.verify(kept.leaf, (await log_signer(session, keys)).verifier)
    first: dict[str, datetime] = {}
    for word in (one.confirmation for one in await vouched(session, [kept.sequence])):
        first[word.kind] = min(word.at, first.get(word.kind, word.at))
    told = (Since(kind=kind, at=_hour(at) + timedelta(hours=1)) for kind, at in first.items())
    return (Since(kind="checkpoint", at=None), *told)


def _hour(at: datetime) -> datetime:
    """The beginning of an hour: minutes would tell too well whose receipt it is."""
    return at.replace(minute=0, second=0, microsecond=0)
