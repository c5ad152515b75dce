"""Sealing of short-lived drafts under a key that only the server's key provider can unwrap."""

import os
from typing import Self

from vault import aead
from vault.keys import KeyProvider

SIZE = 32


class DataKey:
    """32 random bytes that seal the rows of one purpose; it never prints."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "<DataKey>"

    @classmethod
    def generate(cls) -> Self:
        """A fresh key."""
        return cls(os.urandom(SIZE))

    def wrapped(self, provider: KeyProvider, context: str) -> bytes:
        """This key as it may be stored: sealed by the provider to `context`."""
        return provider.wrap(self._key, context=context)

    @classmethod
    def unwrapped(cls, provider: KeyProvider, wrapped: bytes, context: str) -> Self:
        """The key that was wrapped to `context`; raises SealError elsewhere."""
        return cls(provider.unwrap(wrapped, context=context))

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """Seal to `context`: the purpose and the row."""
        return aead.seal(self._key, plaintext, context=context)

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """Open what was sealed to this very `context`; raises SealError otherwise."""
        return aead.unseal(self._key, sealed, context=context)
