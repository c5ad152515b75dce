"""The file that holds the server's keys, in clear or each sealed by a key management service.

It is made once and replaced as a whole: after a crash at any line it is the old one or the new
one. Losing it loses what the server itself could open, and every sign-in; cases then open by
escrow alone.
"""

import os
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import ConfigurationError
from vault.keys.provider import SIZE, Keys, mac

FORM = "backup-server-key-2"
FIRST_FORM = "backup-server-key-1"


class Guard(Protocol):
    """How the keys stand in the file."""

    name: str

    def close(self, key: bytes, part: str) -> bytes:
        """A key as it may be written down."""
        ...

    def open(self, closed: bytes, part: str) -> bytes:
        """The key."""
        ...


class Clear:
    """No guard but the file's own permissions."""

    name = "clear"

    def close(self, key: bytes, _part: str) -> bytes:
        """The key itself."""
        return key

    def open(self, closed: bytes, _part: str) -> bytes:
        """The key itself."""
        return closed


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file at `path`, whose keys stand there as `guard` closes them."""

    path: Path
    guard: Guard

    def read(self) -> Keys:
        """Its keys.

        Raises:
            ConfigurationError: when others may read it, or it holds no keys under this guard.
        """
        if self.path.stat().st_mode & 0o077:
            raise ConfigurationError(
                f"{self.path} may be read by others; run: chmod 600 {self.path}"
            )
        form, name, parts = _parsed(self.path)
        if form == FIRST_FORM and isinstance(self.guard, Clear):
            return _first(parts["root"])
        if form == FIRST_FORM or name != self.guard.name:
            raise ConfigurationError(
                f"{self.path} is not under the guard that KMS_KEY_ID asks for; set KMS_KEY_ID as it"
                " was, or run `backup vault rotate-key` to move to KMS"
            )
        opened = {part: self.guard.open(closed, part) for part, closed in parts.items()}
        return _keys(self.path, opened)

    def read_or_make(self) -> Keys:
        """Its keys, made if there is no file: atomically, once, mode 0600."""
        if not self.path.exists():
            # Another process may be first: its keys are the keys then.
            with self._draft(Keys.generate()) as draft, suppress(FileExistsError):
                os.link(draft, self.path)
        return self.read()

    def replace(self, keys: Keys) -> None:
        """Put other keys in place of what is there, as a whole; nobody else may do so meanwhile."""
        for left_by_a_crash in self.path.parent.glob(f".{self.path.name}.*"):
            left_by_a_crash.unlink()
        with self._draft(keys) as draft:
            draft.replace(self.path)

    @contextmanager
    def _draft(self, keys: Keys) -> Iterator[Path]:
        """A finished file under another name; what was done with it outlives a power cut."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.urandom(8).hex()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(self._text(keys))
                file.flush()
                os.fsync(file.fileno())
            yield draft
            directory = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)
        finally:
            draft.unlink(missing_ok=True)

    def _text(self, keys: Keys) -> str:
        parts = {
            "fingerprints": keys.fingerprints,
            "current": keys.current,
            "previous": keys.previous,
        }
        lines = [f"{FORM} {self.guard.name}"]
        for part, key in parts.items():
            if key is not None:
                lines.append(f"{part} {b64encode(self.guard.close(key, part)).decode()}")
        return "\n".join(lines) + "\n"


def guard_of(path: Path) -> str:
    """The name of the guard under which a key file stands; `clear` when there is no file yet."""
    return _parsed(path)[1] if path.exists() else Clear.name


def _parsed(path: Path) -> tuple[str, str, dict[str, bytes]]:
    """Form, guard and the parts of a file."""
    try:
        first, *lines = path.read_text(encoding="ascii").splitlines()
        form, rest = first.split(" ")
        if form == FIRST_FORM and not lines:
            return form, Clear.name, {"root": _key(b64decode(rest, validate=True))}
        parts = dict(line.split(" ") for line in lines)
        closed = {part: b64decode(text, validate=True) for part, text in parts.items()}
    except (Error, ValueError):
        form, closed = "", {}
    if form != FORM or not {"fingerprints", "current"} <= closed.keys():
        raise ConfigurationError(f"{path} holds no server key; put its backup back in place")
    return form, rest, closed


def _keys(path: Path, opened: dict[str, bytes]) -> Keys:
    try:
        return Keys(**{part: _key(key) for part, key in opened.items()})
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"{path} holds no server key; put its backup back in place"
        ) from None


def _key(key: bytes) -> bytes:
    if len(key) != SIZE:
        raise ValueError("a key has 32 bytes")
    return key


def _first(root: bytes) -> Keys:
    """The keys that the first version of this program derived from a root."""
    return Keys(fingerprints=mac(root, "backup/fingerprint/1"), current=mac(root, "backup/wrap/1"))
