"""Classic recipients (`age1…`, X25519): for those outside who have no hybrid key yet.

Nothing of the program's own is sealed to them: whoever records traffic today may open such a file
once there are quantum computers. So this only seals.
"""

from typing import Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from vault.age import bech32
from vault.age.header import Stanza, derive, to_base64
from vault.age.hybrid import Recipient
from vault.errors import SealError

RECIPIENT = "age"
STANZA = "X25519"
INFO = b"age-encryption.org/v1/X25519"
ONCE = bytes(12)
"""The nonce of a key that is used once."""
PUBLIC = 32


class ClassicRecipient:
    """A public key of 32 bytes, written `age1…`."""

    __slots__ = ("_key", "_public")

    def __init__(self, public: bytes) -> None:
        """Take the 32 bytes."""
        if len(public) != PUBLIC:
            raise SealError("a recipient has the wrong length")
        self._public, self._key = public, X25519PublicKey.from_public_bytes(public)

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT, self._public)

    def __repr__(self) -> str:
        return f"<ClassicRecipient {str(self)[:16]}…>"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `age1…`; raises SealError for anything else."""
        prefix, public = bech32.decode(text)
        if prefix != RECIPIENT or text != text.lower():
            raise SealError("a recipient should begin with age1")
        return cls(public)

    def wrap(self, file_key: bytes) -> Stanza:
        """The file key under a fresh key agreement (C2SP age.md, X25519 recipient type).

        Raises:
            SealError: the recipient's key is one with which no secret can be agreed on.
        """
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        try:
            shared = ephemeral.exchange(self._key)
        except ValueError as error:
            raise SealError("a recipient is no valid key") from error
        key = derive(shared, salt=share + self._public, info=INFO)
        body = ChaCha20Poly1305(key).encrypt(ONCE, file_key, None)
        return Stanza(arguments=(STANZA, to_base64(share)), body=body)


def parse_recipient(text: str) -> Recipient | ClassicRecipient:
    """Read `age1pq1…` or `age1…`; raises SealError for anything else."""
    kind = Recipient if text.startswith("age1pq1") else ClassicRecipient
    return kind.parse(text)
