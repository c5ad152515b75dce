"""Checkpoints (C2SP tlog-checkpoint): a tree head that the log has signed and can't take back.

A checkpoint is only made when the log still begins with all that the last one was made for. It
tells the world nothing but a size and a hash; whoever keeps one can tell a rewritten log.
"""

import os
from base64 import b64decode, b64encode
from binascii import Error
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from vault import ledger, note
from vault.errors import TamperedError
from vault.keys import KeyProvider
from vault.note import Signer, Verifier
from vault.tlog import EMPTY, TreeHead

ORIGIN = "backup-custody"


def written(origin: str, head: TreeHead) -> str:
    """The text of a checkpoint, not yet signed."""
    return f"{origin}\n{head.size}\n{b64encode(head.root).decode()}\n"


def read(checkpoint: str, verifier: Verifier) -> TreeHead:
    """The tree head in a checkpoint of the log that the verifier names.

    Raises:
        TamperedError: it is not signed by that key, of another log, or malformed.
    """
    text = note.opened(checkpoint, [verifier])
    lines = text.splitlines()
    try:
        head = TreeHead(size=int(lines[1]), root=b64decode(lines[2], validate=True))
    except (Error, IndexError, ValueError) as error:
        raise TamperedError("a checkpoint is malformed") from error
    if written(verifier.name, head) != text:
        raise TamperedError("a checkpoint is of another log, or malformed")
    return head


async def log_signer(session: AsyncSession, keys: KeyProvider) -> Signer:
    """The log's own key, made when it is first asked for and sealed by the key provider."""
    await ledger.lock_checkpoints(session)
    stored = await ledger.signer(session)
    if stored is None:
        origin, private = f"{ORIGIN}/{uuid4().hex}", os.urandom(32)
        await ledger.add_signer(session, origin, keys.wrap(private, context=_context(origin)))
        return Signer(origin, private)
    origin, sealed = stored
    return Signer(origin, keys.unwrap(sealed, context=_context(origin)))


async def sign_checkpoint(
    session: AsyncSession, keys: KeyProvider, remembered: str | None = None
) -> str:
    """Sign the log as it is committed now, or give the last checkpoint when nothing was added.

    Raises:
        TamperedError: when the log no longer begins as the last checkpoint says, or as one does
            that is `remembered` outside of the database.
    """
    signer = await log_signer(session, keys)
    last = await ledger.last_checkpoint(session)
    head = await ledger.head(session)
    for known in (last, remembered):
        signed = TreeHead(size=0, root=EMPTY) if known is None else read(known, signer.verifier)
        if signed.size > head.size or await ledger.root_at(session, signed.size) != signed.root:
            raise TamperedError(f"the log is not the one that was signed at entry {signed.size}")
        if known is not None and signed.size == head.size:
            return known
    checkpoint = signer.sign(written(signer.name, head))
    await ledger.add_checkpoint(session, head.size, checkpoint)
    return checkpoint


def _context(origin: str) -> str:
    return f"custody-signer:{origin}"
