"""Sealed archives: named parts in a tar in an age file, in one pass and constant memory.

The last part says how many there were and what they hash to, in order. So does age for the bytes:
whatever was changed, cut or added is refused. Public tools open one too: `age -d … | tar x`.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, Self, cast

from vault.age import Recipient, Sealed, seal_stream
from vault.age.hybrid import Identity
from vault.age.open import unsealed
from vault.age.sealing import Sink
from vault.errors import SealError

BLOCK = 1 << 20
LAST = "manifest.json"
LONGEST_MANIFEST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of an archive: its size in bytes, and its bytes, to be read once and in order."""

    name: str
    size: int
    blocks: Iterable[bytes] = field(repr=False)

    @classmethod
    def of(cls, name: str, content: bytes) -> Self:
        """A part that is small enough for memory."""
        return cls(name=name, size=len(content), blocks=(content,))

    def stream(self) -> BinaryIO:
        """The bytes as a file."""
        return cast("BinaryIO", _Stream(iter(self.blocks)))


def write_archive(parts: Iterable[Part], sink: Sink, recipients: Sequence[Recipient]) -> Sealed:
    """Seal parts as they come.

    Raises:
        SealError: a part is longer or shorter than it said.
    """
    return seal_stream(_Stream(_tar(parts)), sink, recipients)


def read_archive(source: BinaryIO, identity: Identity) -> Iterator[Part]:
    """The parts in order, each to be read before the next; all is authentic once it has ended.

    Raises:
        SealError: another identity, or anything is not as it was written.
    """
    stream, contents = _Stream(unsealed(source, identity)), _Contents()
    try:
        with tarfile.open(mode="r|", fileobj=stream, bufsize=tarfile.RECORDSIZE) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is None or not member.isreg() or contents.closed:
                    raise SealError("an archive holds what none does")
                if member.name == LAST:
                    contents.compare(file.read(LONGEST_MANIFEST))
                else:
                    blocks = contents.watched(member.name, iter(partial(file.read, BLOCK), b""))
                    yield Part(name=member.name, size=member.size, blocks=blocks)
    except tarfile.TarError as error:
        raise SealError("an archive is malformed") from error
    if any(map(any, iter(lambda: stream.read(BLOCK), b""))) or not contents.closed:
        raise SealError("an archive does not end as it should")


class _Contents:
    """What an archive holds so far: the count of parts, and a hash over all of them in order."""

    def __init__(self) -> None:
        self.closed = False
        self._count, self._hash = 0, hashlib.sha256()

    def watched(self, name: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The blocks of the next part as they pass."""
        digest = hashlib.sha256()
        for block in blocks:
            digest.update(block)
            yield block
        self._count += 1
        self._hash.update(f"{digest.hexdigest()}  {name}\n".encode())

    def summary(self) -> bytes:
        """What the last part says."""
        fields = {"version": 1, "parts": self._count, "sha256": self._hash.hexdigest()}
        return json.dumps(fields).encode()

    def compare(self, summary: bytes) -> None:
        if summary != self.summary():
            raise SealError("an archive's parts are not those that were written")
        self.closed = True


def _tar(parts: Iterable[Part]) -> Iterator[bytes]:
    contents = _Contents()
    for part in parts:
        yield from _file(part.name, part.size, contents.watched(part.name, part.blocks))
    summary = contents.summary()
    yield from _file(LAST, len(summary), (summary,))
    yield bytes(2 * tarfile.BLOCKSIZE)


def _file(name: str, size: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    yield header.tobuf(tarfile.GNU_FORMAT)
    left = size
    for block in blocks:
        left -= len(block)
        yield block
    if left:
        raise SealError("a part of an archive is not of the size that it said")
    yield bytes(-size % tarfile.BLOCKSIZE)


class _Stream(io.RawIOBase):
    """Blocks, read as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
