"""The keys by which those who act in the custody log vouch for their own entries.

A key comes from its owner's identity alone, so it exists only while its owner is signed in: the
server stores none, and can't sign in anybody's name afterwards. Which key an actor has is said in
the log itself, by an `enrol` entry that this key has signed; a later `enrol` replaces it, for all
to see.
"""

from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.age import Identity

INFO = b"backup custody actor"
PROFESSIONAL = "professional:"


class ActorKey:
    """An actor's Ed25519 key (RFC 8032), which never prints."""

    __slots__ = ("_private", "public")

    public: bytes

    def __init__(self, seed: bytes) -> None:
        """Take the 32 secret bytes of an Ed25519 key."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    @classmethod
    def of(cls, identity: Identity) -> "ActorKey":
        """The key that belongs to an identity: HKDF-SHA256 of its seed."""
        derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO)
        return cls(derivation.derive(identity.seed))

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"<ActorKey {self.public.hex()[:8]}…>"


def is_signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key made the signature; False also for what is no key."""
    try:
        _key(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(1024)
def _key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def must_sign(actor: str) -> bool:
    """Whether this actor's entries need its own signature: a person who signs in."""
    return actor.startswith(PROFESSIONAL)


def actor_of(professional: UUID) -> str:
    """How wraps, records and custody entries name a professional."""
    return f"{PROFESSIONAL}{professional}"
