"""Proofs that an entry is in the log, and that the log only grew, as texts that anyone can check.

An entry's proof is a C2SP `tlog-proof@v1`: the entry's index (from 0), the hashes beside its way
to the root, and the checkpoint that signs the root, with every witness's line under it.
"""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from vault import ledger, tlog
from vault.checkpoint import read
from vault.errors import TamperedError
from vault.note import Verifier
from vault.tlog import TreeHead

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An entry's place in the tree that a checkpoint signs; `index` counts from 0."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        lines = [HEADER, f"index {self.index}", *map(_encoded, self.hashes)]
        return "\n".join(lines) + f"\n\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> "Proof":
        """Read a proof; what it says is not checked yet. An `extra` line is passed over.

        Raises:
            TamperedError: it is malformed.
        """
        head, _, checkpoint = text.partition("\n\n")
        header, *lines = head.split("\n")
        if lines and lines[0].startswith("extra "):
            lines.pop(0)
        name, _, number = lines[0].partition(" ") if lines else ("", "", "")
        if (header, name) != (HEADER, "index") or not _is_decimal(number) or not checkpoint:
            raise TamperedError("a proof is malformed")
        return cls(index=int(number), hashes=decoded(lines[1:]), checkpoint=checkpoint)

    def verify(self, leaf: bytes, log: Verifier) -> TreeHead:
        """The signed tree head in which an entry with this leaf hash is proven to be.

        Raises:
            TamperedError: the checkpoint is not the log's, or the entry is not in it.
        """
        head = read(self.checkpoint, log)
        if not tlog.verify_inclusion(leaf, self.index, head.size, self.hashes, head.root):
            raise TamperedError("a proof does not lead from the entry to the checkpoint")
        return head


async def inclusion(session: AsyncSession, sequence: int, size: int) -> list[bytes]:
    """The hashes that prove entry `sequence` (from 1) in the log of `size` entries, nearest first.

    Raises:
        TamperedError: entries that the proof needs are missing.
    """
    return await ledger.subtrees(session, tlog.inclusion_spans(sequence - 1, size))


async def consistency(session: AsyncSession, old: int, new: int) -> list[bytes]:
    """The hashes that prove that the log of `new` entries begins with that of `old`.

    Raises:
        TamperedError: entries that the proof needs are missing.
    """
    return await ledger.subtrees(session, tlog.consistency_spans(old, new))


async def prove(session: AsyncSession, sequence: int, size: int | None = None) -> Proof:
    """The proof for an entry under the checkpoint of `size` entries, or else under the newest.

    Raises:
        TamperedError: no such checkpoint covers the entry, or entries are missing.
    """
    found = await ledger.checkpoint_of(session, size)
    if found is None or found[0] < sequence:
        raise TamperedError(f"no checkpoint covers entry {sequence} yet")
    signed, checkpoint = found
    hashes = await inclusion(session, sequence, signed)
    return Proof(index=sequence - 1, hashes=tuple(hashes), checkpoint=checkpoint)


def encoded(hashes: Iterable[bytes]) -> str:
    """Hashes as lines of base 64."""
    return "".join(_encoded(one) + "\n" for one in hashes)


def decoded(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Hashes from lines of base 64.

    Raises:
        TamperedError: one of them is none.
    """
    try:
        hashes = tuple(b64decode(line, validate=True) for line in lines)
    except (Error, ValueError) as error:
        raise TamperedError("a proof is malformed") from error
    if any(len(one) != len(tlog.EMPTY) for one in hashes):
        raise TamperedError("a proof is malformed")
    return hashes


def _encoded(one: bytes) -> str:
    return b64encode(one).decode()


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdecimal() and str(int(text)) == text
