"""From a bag to its sealed bytes: tar and age work side by side, joined by pipes.

Memory stays the same whatever the bag's size, and nothing readable touches a disk. Whoever stops
reading stops everything; what breaks breaks off, so that a part never looks whole.
"""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from vault.age import Recipient, seal, seal_stream
from vault.age.classic import ClassicRecipient
from vault.age.payload import CHUNK, TAG
from vault.age.sealing import Sink
from vault.bundle.bag import Item, tar_size, write_tar

BLOCK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A bag that is ready to go: its files, its directory's name, and to whom it is sealed."""

    items: Sequence[Item]
    root: str
    at: datetime
    recipient: Recipient | ClassicRecipient

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.root}.tar.age"

    @property
    def size(self) -> int:
        """The bytes that `send` writes."""
        plain = tar_size(self.items)
        chunks = max(1, -(-plain // CHUNK))
        return len(seal(b"", [self.recipient])) - TAG + plain + chunks * TAG

    def send(self, sink: Sink) -> None:
        """Write the sealed bag; what was written before an error must be thrown away."""
        with _piped(self._pack) as source:
            seal_stream(source, sink, [self.recipient])

    async def blocks(self) -> AsyncIterator[bytes]:
        """The sealed bag piece by piece, for whoever takes it over the network."""
        with _piped(self.send) as source:
            while block := await asyncio.to_thread(source.read, BLOCK):
                yield block

    def _pack(self, sink: Sink) -> None:
        write_tar(self.items, sink, root=self.root, at=self.at)


class _Piped(io.RawIOBase):
    """The reading end of a pipe that a thread writes to; its failure is the reader's."""

    def __init__(self, write: Callable[[Sink], None]) -> None:
        incoming, outgoing = os.pipe()
        self._pipe = os.fdopen(incoming, "rb", buffering=0)
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future[None] = self._thread.submit(_writing, write, outgoing)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Bytes as they come; at the end, whatever stopped the writer before its end is raised."""
        count = self._pipe.readinto(buffer)
        if not count:
            self._writing.result()
        return count or 0

    def close(self) -> None:
        """Stop the writer, which a pipe without a reader does, and wait for it."""
        self._pipe.close()
        self._thread.shutdown()
        super().close()


def _piped(write: Callable[[Sink], None]) -> _Piped:
    return _Piped(write)


def _writing(write: Callable[[Sink], None], outgoing: int) -> None:
    with suppress(BrokenPipeError), os.fdopen(outgoing, "wb", buffering=0) as pipe:
        write(_Whole(pipe))


class _Whole:
    """A sink that writes all of what it is given: a pipe takes what it has room for."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe

    def write(self, data: bytes | memoryview, /) -> None:
        view = memoryview(data)
        while view:
            view = view[self._pipe.write(view) :]
