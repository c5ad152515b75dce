"""The server's own keys: what it can wrap and unwrap, and keyed fingerprints for look-ups.

Every wrapped key carries a version and is bound to its context; it fails closed. A fingerprint
tells nothing to one who hasn't the key, and says nothing across purposes.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Protocol, Self

from core.errors import ConfigurationError
from vault import aead

FORM = "backup-server-key-1 "


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


class LocalKeyProvider:
    """A key provider whose one key lies in a file that only the program may read."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Take the 32-byte root of every key of this server."""
        self._key = key

    def __repr__(self) -> str:
        return "<LocalKeyProvider>"

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the key file, or make it: atomically, once, mode 0600.

        Raises:
            ConfigurationError: when others may read it, or it holds no such key.
        """
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path} may be read by others; run: chmod 600 {path}")
        return cls(_parse(path))

    def wrap(self, key: bytes, *, context: str) -> bytes:
        """Seal a key to `context`."""
        return aead.seal(self._derived("wrap"), key, context=context)

    def unwrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Open a wrapped key; raises SealError in any other context."""
        return aead.unseal(self._derived("wrap"), wrapped, context=context)

    def fingerprint(self, value: str, *, purpose: str) -> bytes:
        """32 bytes that are always the same for a value and purpose (keyed HMAC-SHA256)."""
        return _mac(_mac(self._derived("fingerprint"), purpose), value)

    def _derived(self, use: str) -> bytes:
        return _mac(self._key, f"backup/{use}/1")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{FORM}{b64encode(os.urandom(32)).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was first: its key is the key
        directory = os.open(path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
    finally:
        draft.unlink()


def _parse(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii")
        key = b64decode(text.removeprefix(FORM).strip(), validate=True)
    except ValueError:
        text, key = "", b""
    if not text.startswith(FORM) or len(key) != hashlib.sha256().digest_size:
        raise ConfigurationError(f"{path} holds no server key; put its backup back in place")
    return key
