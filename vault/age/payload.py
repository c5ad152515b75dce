"""The binary payload of an age v1 file: 64 KiB chunks, each with its number and a final flag.

So chunks can't be changed, dropped, repeated or reordered, and a file that lacks its last one is
known to be cut. Counter nonces are safe because each file has a key of its own.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from vault.age.header import derive
from vault.errors import SealError

CHUNK = 64 * 1024
TAG = 16
BOX = CHUNK + TAG
"""A full chunk as it is written."""
NONCE = 16


class Payload:
    """The cipher of one file's payload."""

    __slots__ = ("_cipher",)

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        """Derive the payload's key from the file's and its 16-byte nonce."""
        if len(nonce) != NONCE:
            raise SealError("a sealed file is cut short")
        self._cipher = ChaCha20Poly1305(derive(file_key, salt=nonce, info=b"payload"))

    def __repr__(self) -> str:
        return "<Payload>"

    def seal(self, number: int, chunk: memoryview, box: memoryview, *, final: bool) -> None:
        """Encrypt a chunk into a box that is 16 bytes longer."""
        self._cipher.encrypt_into(_nonce(number, final=final), chunk, None, box)

    def unseal(self, number: int, box: bytes, *, final: bool) -> bytes:
        """Open a box; raises SealError unless it is this file's chunk of that number and flag."""
        if len(box) < TAG or (len(box) == TAG and number > 0):
            raise SealError("a sealed file is cut short")
        try:
            return self._cipher.decrypt(_nonce(number, final=final), box, None)
        except InvalidTag as error:
            raise SealError("a sealed file has been changed or cut short") from error


def _nonce(number: int, *, final: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if final else b"\x00")
