"""What an object store is: write-once objects, each named by the SHA-256 of its ciphertext."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NewType, Protocol

ObjectRef = NewType("ObjectRef", str)
"""The SHA-256 of the object's ciphertext in 64 hexadecimal digits; a bucket adds `@version`.

It comes from `put` and goes back to the store as it is.
"""

DIGEST = "[0-9a-f]{64}"
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An object that a store holds; its size in bytes."""

    ref: ObjectRef
    at: datetime
    size: int


class ObjectStore(Protocol):
    """Where sealed files are kept: a directory, or a bucket.

    An object is either there whole and never changes, or it isn't there.
    """

    def put(self, stream: BinaryIO) -> ObjectRef:
        """Keep what the stream holds; when this returns, it survives a power cut.

        Raises:
            StoreError: when the store refuses; then nothing was kept.
        """
        ...

    def open(self, ref: ObjectRef) -> BinaryIO:
        """The object's bytes, seekable; raises GoneError when it isn't there."""
        ...

    def erase(self, ref: ObjectRef) -> bool:
        """Remove the object; nothing happens when it isn't there.

        False when a lock keeps the bytes for now: they are then unreadable once their case's
        wraps are gone, and `backup vault sweep` removes them when the lock has ended.
        """
        ...

    def objects(self) -> Iterator[Kept]:
        """Every object, each version of it."""
        ...


def digest_of(ref: ObjectRef) -> str:
    """The SHA-256 of the object's ciphertext, in hexadecimal digits."""
    return ref.partition("@")[0]
