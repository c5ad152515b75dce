"""Objects as files of a directory.

Mode 0400 and the name make tampering evident, not impossible: root can still delete, which the
custody log shows.
"""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from core.errors import GoneError
from vault.errors import StoreError
from vault.store.objects import BLOCK, DIGEST, Kept, ObjectRef

ABANDONED = 3600
"""Seconds after which a draft that nobody writes to was left behind by a crash."""


class DirectoryStore:
    """Objects as files below a directory of the program's own."""

    def __init__(self, directory: Path) -> None:
        """Use `directory`, made if it isn't there, and sweep what a crash left behind."""
        self._objects, self._drafts = directory / "objects", directory / "drafts"
        for folder in (self._objects, self._drafts):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(self._drafts)

    def put(self, stream: BinaryIO) -> ObjectRef:
        """Keep what the stream holds; when this returns, it survives a power cut.

        Raises:
            StoreError: when the disk refuses; then nothing was kept.
        """
        with _disk_errors(), tempfile.NamedTemporaryFile(dir=self._drafts) as draft:
            digest = hashlib.sha256()
            while block := stream.read(BLOCK):
                digest.update(block)
                draft.write(block)
            draft.flush()
            os.fchmod(draft.fileno(), 0o400)
            os.fsync(draft.fileno())
            return self._link(Path(draft.name), ObjectRef(digest.hexdigest()))

    def open(self, ref: ObjectRef) -> BinaryIO:
        """The object's bytes, seekable; raises GoneError when it isn't there."""
        try:
            return self._path(ref).open("rb")
        except FileNotFoundError:
            raise GoneError("there is no such object") from None

    def erase(self, ref: ObjectRef) -> bool:
        """Remove the object; nothing happens when it isn't there."""
        path = self._path(ref)
        with _disk_errors():
            if path.exists():
                path.unlink(missing_ok=True)
                _sync(path.parent)
        return True

    def objects(self) -> Iterator[Kept]:
        """Every object."""
        for path in self._objects.glob("??/*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                at = datetime.fromtimestamp(status.st_mtime, UTC)
                yield Kept(ref=ObjectRef(path.name), at=at, size=status.st_size)

    def _link(self, draft: Path, ref: ObjectRef) -> ObjectRef:
        """Give a finished draft its name, unless the very same object is there already."""
        path = self._path(ref)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        _sync(path.parent)
        _sync(self._objects)
        return ref

    def _path(self, ref: ObjectRef) -> Path:
        if not re.fullmatch(DIGEST, ref):
            raise GoneError("there is no such object")
        return self._objects / ref[:2] / ref


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"the store's disk refuses: {error.strerror}") from error


def _sync(directory: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(drafts: Path) -> None:
    for draft in drafts.iterdir():
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < time.time() - ABANDONED:
                draft.unlink()
