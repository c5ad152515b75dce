"""Write-once objects, each named by the SHA-256 of its ciphertext.

An object is either there whole and never changes, or it isn't there. Mode 0400 and the name make
tampering evident, not impossible: root can still delete, which the custody log shows.
"""

from pathlib import Path
from typing import BinaryIO, NewType, Protocol

ObjectRef = NewType("ObjectRef", str)
"""64 hexadecimal digits: the SHA-256 of the object's ciphertext."""


class ObjectStore(Protocol):
    """Where sealed files are kept: a directory, or a bucket."""

    def put(self, stream: BinaryIO) -> ObjectRef:
        """Keep what the stream holds; when this returns, it survives a power cut."""
        ...

    def open(self, ref: ObjectRef) -> BinaryIO:
        """The object's bytes, seekable; raises GoneError when it isn't there."""
        ...

    def erase(self, ref: ObjectRef) -> None:
        """Remove the object; nothing happens when it isn't there."""
        ...


class DirectoryStore:
    """Objects as files below a directory of the program's own."""

    def __init__(self, directory: Path) -> None:
        """Use `directory`, made if it isn't there."""
        self._directory = directory

    def put(self, stream: BinaryIO) -> ObjectRef:
        """Keep what the stream holds; when this returns, it survives a power cut."""
        raise NotImplementedError

    def open(self, ref: ObjectRef) -> BinaryIO:
        """The object's bytes, seekable; raises GoneError when it isn't there."""
        raise NotImplementedError

    def erase(self, ref: ObjectRef) -> None:
        """Remove the object; nothing happens when it isn't there."""
        raise NotImplementedError
