"""Hybrid identities and recipients: ML-KEM-768 with X25519, so that both must fall.

An identity is a 32-byte seed and never prints. The recipient is its public half.
"""

import hashlib
import os
from typing import Self

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from vault.age import bech32
from vault.errors import SealError

RECIPIENT = "age1pq"
IDENTITY = "age-secret-key-pq-"
SEED = 32
MLKEM_SEED = 64
MLKEM_PUBLIC = 1184
PUBLIC = MLKEM_PUBLIC + 32


class Recipient:
    """The public half, written `age1pq1…`: whoever has it can seal, and read nothing."""

    __slots__ = ("_key", "_public")

    def __init__(self, public: bytes) -> None:
        """Take the 1216 bytes ML-KEM-768 ‖ X25519."""
        if len(public) != PUBLIC:
            raise SealError("a recipient has the wrong length")
        self._public = public
        try:
            self._key = MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC]),
                X25519PublicKey.from_public_bytes(public[MLKEM_PUBLIC:]),
            )
        except ValueError as error:
            raise SealError("a recipient is no valid key") from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `age1pq1…`; raises SealError for anything else, classic recipients included."""
        prefix, public = bech32.decode(text)
        if prefix != RECIPIENT or text != text.lower():
            raise SealError("a recipient should begin with age1pq1")
        return cls(public)

    @property
    def key(self) -> MLKEM768X25519PublicKey:
        """The key as the HPKE suite takes it."""
        return self._key

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT, self._public)

    def __repr__(self) -> str:
        return f"<Recipient {str(self)[:16]}…>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipient) and self._public == other._public

    def __hash__(self) -> int:
        return hash(self._public)


class Identity:
    """The secret half: a 32-byte seed that opens what is sealed to its recipient."""

    __slots__ = ("_key", "_seed", "recipient")

    recipient: Recipient

    def __init__(self, seed: bytes) -> None:
        """Take the seed and expand it as X-Wing does."""
        if len(seed) != SEED:
            raise SealError("an identity has the wrong length")
        expanded = hashlib.shake_256(seed).digest(MLKEM_SEED + 32)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:MLKEM_SEED])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[MLKEM_SEED:])
        self._seed = seed
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.recipient = Recipient(
            mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        )

    @classmethod
    def generate(cls) -> Self:
        """A fresh identity."""
        return cls(os.urandom(SEED))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `AGE-SECRET-KEY-PQ-1…`; raises SealError for anything else."""
        prefix, seed = bech32.decode(text)
        if prefix != IDENTITY or text != text.upper():
            raise SealError("an identity should begin with AGE-SECRET-KEY-PQ-1")
        return cls(seed)

    def export(self) -> str:
        """The secret as text: only for its owner's eyes."""
        return bech32.encode(IDENTITY, self._seed).upper()

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes, to be wrapped."""
        return self._seed

    @property
    def key(self) -> MLKEM768X25519PrivateKey:
        """The key as the HPKE suite takes it."""
        return self._key

    def __repr__(self) -> str:
        return "<Identity>"
