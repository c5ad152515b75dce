"""The custody log: who did what to which ciphertext, each entry a leaf of a Merkle tree.

Entries hold opaque ids, hashes and sizes, never content, so they outlive the case. They are
written when the transaction commits, after everything else, under one lock that serialises all
writers: sequence and tree have no gap, and the lock can't be part of a deadlock. An entry of a
savepoint that is rolled back is never written.
"""

import os
from dataclasses import asdict

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from vault import ledger
from vault.entries import Act, Entry

PENDING = "vault.custody"
SALT = 32


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
    entries = []
    for act in acts:
        salt = os.urandom(SALT)
        leaf = act.hashed(salt, at)
        frontier = frontier.grow(leaf)
        entries.append(
            Entry(
                **asdict(act),
                sequence=frontier.size,
                at=at,
                salt=salt,
                leaf=leaf,
                node=frontier.node,
            )
        )
    ledger.append(connection, entries)
