"""How a witness and the log's server talk; the witness asks, so it may sit behind any router.

The witness asks for what is new with a note that it signs itself, for a log's size tells how much
is reported and is nobody else's business:

    backup-witness/v1
    <seconds since 1970>
    <number of entries that it has seen>

The answer is the request that C2SP tlog-witness has for `add-checkpoint`: the proof that the log
only grew since, and the newest checkpoint. What the witness gives back is its line under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from vault import ledger, note, proofs, tlog
from vault.checkpoint import read
from vault.errors import TamperedError
from vault.note import ED25519, Signer, Verifier
from vault.tlog import EMPTY, TreeHead

HEADER = "backup-witness/v1"
CLOCKS_DIFFER_SECONDS = 300


class ForkError(TamperedError):
    """The log is not one that grew from what was seen before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A checkpoint, and the proof that it continues a log of `old` entries."""

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        return f"old {self.old}\n{proofs.encoded(self.hashes)}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> "Offer":
        """Read an offer; raises TamperedError when it is malformed."""
        head, _, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        name, _, number = first.partition(" ")
        if name != "old" or not (number.isascii() and number.isdecimal()) or not checkpoint:
            raise TamperedError("what the server offered is malformed")
        return cls(old=int(number), hashes=proofs.decoded(lines), checkpoint=checkpoint)

    def follows(self, seen: str | None, log: Verifier) -> TreeHead:
        """The tree head that is offered, once it is clear that the log only grew since `seen`.

        Raises:
            ForkError: it did not; both notes are signed by the log, which proves it to anybody.
            TamperedError: what is offered is not the log's.
        """
        before = TreeHead(size=0, root=EMPTY) if seen is None else read(seen, log)
        head = read(self.checkpoint, log)
        if head.size < before.size:
            raise ForkError(f"the log had {before.size} entries, and now has {head.size}")
        if not tlog.verify_consistency(before.size, head.size, before.root, head.root, self.hashes):
            raise ForkError(
                f"the log of {head.size} entries does not begin with the {before.size} seen before"
            )
        return head


def ask(signer: Signer, *, seen: int, at: int) -> str:
    """The note by which a witness asks for what is new; `at` in seconds."""
    return signer.sign(f"{HEADER}\n{at}\n{seen}\n")


async def offer(
    session: AsyncSession, asked: str, *, witnesses: Sequence[Verifier], at: int
) -> str:
    """Answer a witness.

    Raises:
        TamperedError: none of the witnesses asks, or not now, or there is no checkpoint yet.
    """
    keys = [replace(witness, algorithm=ED25519) for witness in witnesses]
    lines = note.opened(asked, keys).splitlines()
    if len(lines) != len(("header", "time", "seen")) or lines[0] != HEADER:
        raise TamperedError("a witness's question is malformed")
    if not all(line.isascii() and line.isdecimal() for line in lines[1:]):
        raise TamperedError("a witness's question is malformed")
    if abs(int(lines[1]) - at) > CLOCKS_DIFFER_SECONDS:
        raise TamperedError("a witness's clock differs too much")
    newest, seen = await ledger.checkpoint_of(session), int(lines[2])
    if newest is None:
        raise TamperedError("there is no checkpoint yet")
    size, checkpoint = newest
    hashes = await proofs.consistency(session, seen, size) if seen <= size else []
    return str(Offer(old=seen, hashes=tuple(hashes), checkpoint=checkpoint))
