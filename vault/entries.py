"""Entries of the custody log as values: what they say, and the hash that stands for them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from vault import tlog
from vault.canonical import canonical, stamp
from vault.errors import SealError


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

    def hashed(self, salt: bytes, at: datetime) -> bytes:
        """The hash that stands for the entry in the tree; the salt keeps it from being guessed."""
        fields = {
            "action": self.action,
            "actor": self.actor,
            "at": stamp(at),
            "case": str(self.case_id),
            "record": self.record_id,
            "sha256": None if self.sha256 is None else self.sha256.hex(),
            "size": self.size,
            "version": 1,
        }
        return tlog.leaf_hash(salt + canonical(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Act):
    """An entry as it was written: number (from 1), time, salt, and its two hashes of the tree."""

    sequence: int
    at: datetime
    salt: bytes
    leaf: bytes
    node: bytes

    @property
    def unchanged(self) -> bool:
        """Whether the entry says what its hash was made from."""
        try:
            return self.hashed(self.salt, self.at) == self.leaf
        except SealError:  # it says what no entry can say
            return False
