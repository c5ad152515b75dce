"""The custody log: who did what to which ciphertext, each entry a leaf of a Merkle tree.

Entries hold opaque ids, hashes and sizes, never content, so they outlive the case. They are
written when the transaction commits, after everything else, under one lock that serialises all
writers: sequence and tree have no gap, and the lock can't be part of a deadlock. An entry of a
savepoint that is rolled back is never written.
"""

import os
from uuid import UUID

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from vault import ledger
from vault.entries import Act, Action
from vault.errors import UnsignedError
from vault.signing import ActorKey, actor_of, must_sign

PENDING = "vault.custody"
SALT = 32

Signed = tuple[Act, ActorKey | None]


def log(session: AsyncSession, act: Act, signer: ActorKey | None = None) -> None:
    """Have an entry written when the running transaction commits, signed by the one who acts.

    Raises:
        UnsignedError: a professional acts, and the professional's own key is not here.
    """
    if signer is None and must_sign(act.actor):
        raise UnsignedError("what a professional does is signed by the professional")
    sync = session.sync_session
    transaction = sync.get_nested_transaction() or sync.get_transaction() or sync.begin()
    sync.info.setdefault(PENDING, []).append((transaction, (act, signer)))


def enrol(session: AsyncSession, professional: UUID, key: ActorKey) -> None:
    """Make known which key a professional signs with from here on; the key itself signs that."""
    log(session, Act(actor=actor_of(professional), action=Action.ENROL), key)


async def enrol_once(session: AsyncSession, professional: UUID, key: ActorKey) -> None:
    """The same for one of whom the log does not know any key yet."""
    if await ledger.key_of(session, actor_of(professional)) is None:
        enrol(session, professional, key)


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Write what is pending; on release of a savepoint, leave it to the enclosing transaction."""
    pending: list[tuple[SessionTransaction, Signed]] = session.info.get(PENDING, [])
    savepoint, transaction = session.get_nested_transaction(), session.get_transaction()
    if savepoint is not None:
        session.info[PENDING] = [
            (savepoint.parent if begun is savepoint else begun, act) for begun, act in pending
        ]
    elif acts := [act for begun, act in session.info.pop(PENDING, []) if begun is transaction]:
        session.flush()
        _append(session.connection(), acts)


def _append(connection: Connection, acts: list[Signed]) -> None:
    at, frontier = ledger.locked_frontier(connection)
    entries = []
    for act, signer in acts:
        entry, frontier = act.entered(frontier, at=at, salt=os.urandom(SALT), signer=signer)
        entries.append(entry)
    ledger.append(connection, entries)
