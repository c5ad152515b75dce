"""What the server's key can do, wherever it is kept.

Every wrapped key carries a version and is bound to its context; it fails closed. A fingerprint
tells nothing to one who hasn't the key, and says nothing across purposes.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from vault import aead
from vault.errors import SealError

VERSION = b"\x02"
FIRST_VERSION = b"\x01"
"""A wrapped key that does not name the key it is under, as the program's first version wrote it."""
SIZE = 32
NAME = 8
"""Bytes that name the key which wraps, so that one that still serves is never dropped."""


class KeyProvider(Protocol):
    """Whoever keeps the server's key: a local file, or a key management service."""

    def wrap(self, key: bytes, *, context: str) -> bytes:
        """Seal a key to `context`."""
        ...

    def unwrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Open a wrapped key; raises SealError in any other context."""
        ...

    def fingerprint(self, value: str, *, purpose: str) -> bytes:
        """32 bytes that are always the same for a value and purpose (keyed HMAC-SHA256)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of a server; `previous` only while a renewal is under way."""

    fingerprints: bytes = field(repr=False)
    current: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Fresh keys."""
        return cls(fingerprints=os.urandom(SIZE), current=os.urandom(SIZE))

    def renewed(self) -> Self:
        """A fresh key to wrap with; the one until now still unwraps."""
        return replace(self, current=os.urandom(SIZE), previous=self.current)

    def settled(self) -> Self:
        """Without the previous key."""
        return replace(self, previous=None)


class KeyRing:
    """A key provider whose keys are in this process's memory, 32 bytes each.

    Fingerprints have a key of their own, which stays when the others are renewed: return codes
    and passwords exist nowhere but in what was made from it.
    """

    __slots__ = ("_fingerprints", "_wrapping")

    def __init__(self, keys: Keys) -> None:
        """Wrap with the current key; unwrap what it or the previous one has wrapped."""
        self._fingerprints = keys.fingerprints
        self._wrapping = tuple(key for key in (keys.current, keys.previous) if key is not None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def wrap(self, key: bytes, *, context: str) -> bytes:
        """Seal a key to `context`."""
        current = self._wrapping[0]
        return mark(current) + aead.seal(current, key, context=context)

    def unwrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Open a wrapped key; raises SealError in any other context."""
        if wrapped[:1] == FIRST_VERSION:
            return self._tried(wrapped, context)
        for key in self._wrapping:
            if wrapped.startswith(mark(key)):
                return aead.unseal(key, wrapped[len(mark(key)) :], context=context)
        raise SealError("a wrapped key is under a key that this server does not have")

    def fingerprint(self, value: str, *, purpose: str) -> bytes:
        """32 bytes that are always the same for a value and purpose (keyed HMAC-SHA256)."""
        return mac(mac(self._fingerprints, purpose), value)

    def _tried(self, wrapped: bytes, context: str) -> bytes:
        for key in self._wrapping[:-1]:
            try:
                return aead.unseal(key, wrapped, context=context)
            except SealError:
                continue
        return aead.unseal(self._wrapping[-1], wrapped, context=context)


def mark(key: bytes) -> bytes:
    """How every value begins that `key` wraps; it tells nothing about the key."""
    return VERSION + mac(key, "backup/name/1")[:NAME]


def mac(key: bytes, text: str) -> bytes:
    """HMAC-SHA256."""
    return hmac.digest(key, text.encode(), hashlib.sha256)
