"""The custody log: who did what to which ciphertext, each entry a leaf of a Merkle tree.

Entries hold opaque ids, hashes and sizes, never content, so they outlive the case. They are
written when the transaction commits, after everything else, under one lock that serialises all
writers: sequence and tree have no gap, and the lock can't be part of a deadlock. An entry of a
savepoint that is rolled back is never written.
"""

import os
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from vault import ledger, tlog
from vault.canonical import canonical, stamp

PENDING = "vault.custody"
SALT = 32


class Action(StrEnum):
    """What an entry says was done."""

    OPEN = "open"
    ADMIT = "admit"
    PRESERVE = "preserve"
    VIEW = "view"
    EXPORT = "export"
    SHRED = "shred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an entry tells, but for its time.

    `sha256` (32 bytes) and `size` (bytes) are those of a ciphertext; for a view, of the digests of
    all ciphertexts shown, one after the other, and their whole size.
    """

    actor: str
    action: str
    case_id: UUID
    record_id: int | None = None
    sha256: bytes | None = None
    size: int | None = None

    def leaf(self, salt: bytes, at: datetime) -> bytes:
        """The hash that stands for the entry in the tree; the salt keeps it from being guessed."""
        fields = {
            "action": self.action,
            "actor": self.actor,
            "at": stamp(at),
            "case": str(self.case_id),
            "record": self.record_id,
            "sha256": self.sha256.hex() if self.sha256 else None,
            "size": self.size,
            "version": 1,
        }
        return tlog.leaf_hash(salt + canonical(fields))


def log(session: AsyncSession, act: Act) -> None:
    """Have an entry written when the running transaction commits."""
    sync = session.sync_session
    transaction = sync.get_nested_transaction() or sync.get_transaction() or sync.begin()
    sync.info.setdefault(PENDING, []).append((transaction, act))


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Write what is pending; on release of a savepoint, leave it to the enclosing transaction."""
    pending: list[tuple[SessionTransaction, Act]] = session.info.get(PENDING, [])
    savepoint, transaction = session.get_nested_transaction(), session.get_transaction()
    if savepoint is not None:
        session.info[PENDING] = [
            (savepoint.parent if begun is savepoint else begun, act) for begun, act in pending
        ]
    elif acts := [act for begun, act in session.info.pop(PENDING, []) if begun is transaction]:
        session.flush()
        _append(session.connection(), acts)


def _append(connection: Connection, acts: list[Act]) -> None:
    at, frontier = ledger.locked_frontier(connection)
    rows = []
    for act in acts:
        salt = os.urandom(SALT)
        leaf = act.leaf(salt, at)
        frontier = frontier.grow(leaf)
        rows.append(
            {
                "sequence": frontier.size,
                "at": at,
                "salt": salt,
                "leaf": leaf,
                "node": frontier.node,
                **asdict(act),
            }
        )
    ledger.append(connection, rows)
