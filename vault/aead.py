"""One way to seal a short value under a 32-byte key: version ‖ nonce ‖ ChaCha20-Poly1305.

The context (purpose and row) is authenticated, so that a value only opens in its own place.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from vault.errors import SealError

VERSION = b"\x01"
NONCE = 12


def seal(key: bytes, plaintext: bytes, *, context: str) -> bytes:
    """Seal to `context`; the result is 29 bytes longer than the plaintext."""
    nonce = os.urandom(NONCE)
    return VERSION + nonce + ChaCha20Poly1305(key).encrypt(nonce, plaintext, _bound(context))


def unseal(key: bytes, sealed: bytes, *, context: str) -> bytes:
    """Open what `seal` made.

    Raises:
        SealError: another key, another context, another version, or damaged.
    """
    nonce, box = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
    if sealed[:1] != VERSION or len(nonce) != NONCE:
        raise SealError("a sealed value has an unknown form")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, box, _bound(context))
    except InvalidTag as error:
        raise SealError("a sealed value does not open here") from error


def _bound(context: str) -> bytes:
    return VERSION + context.encode()
