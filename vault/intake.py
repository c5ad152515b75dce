"""From a stream to a sealed object, in one pass and constant memory, before any row is written.

Invariants: the bytes are sealed as they were delivered; a stream that ends early, is empty or is
too long leaves nothing in the store; no plaintext touches a disk. Four threads hand the bytes on
through pipes, so that whoever is slowest sets the pace.
"""

import asyncio
import hashlib
import io
import os
from collections.abc import AsyncIterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import BackUpError
from vault.age import Recipient
from vault.age.sealing import Sealed, seal_stream
from vault.errors import StoreError
from vault.sniff import HEAD, FileType, sniff
from vault.store import ObjectRef, ObjectStore

Reason = Literal["large", "empty", "half", "kind"]
"""Why a file is not taken: too large, nothing in it, cut short, or of a kind that harms."""

BODY = 32 * 1024 * 1024
"""So much of an image is held in memory, for reading what it says of itself."""


class RefusedError(BackUpError):
    """A file is not taken, and nothing of it was kept."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"a file is not taken: {reason}")
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """A file in the store, and what was learnt on its way there; sizes in bytes."""

    object: ObjectRef
    recipient: Recipient
    sealed: Sealed
    sha512: bytes
    type: FileType
    body: bytes = field(repr=False)
    """The beginning in clear; of an image all of it, if it is no larger than `BODY`."""


class Pipe(io.RawIOBase):
    """Bytes from one thread to another; who reads learns if they were not all that there was."""

    def __init__(self) -> None:
        super().__init__()
        reader, writer = os.pipe()
        self._reader, self._writer = open(reader, "rb", 0), open(writer, "wb")  # noqa: PTH123, SIM115
        self._whole = False

    def readable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Take all of the data once it is read at the other end; BrokenPipeError if it never is."""
        return self._writer.write(data)

    def finish(self) -> None:
        """Say that this was all."""
        self._writer.flush()
        self._whole = True
        self.hang_up()

    def hang_up(self) -> None:
        """Write no more; unless it was finished, who reads gets an error at the end."""
        try:
            self._writer.close()
        except BrokenPipeError:
            return

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer's beginning; 0 at the end.

        Raises:
            StoreError: the writer gave up.
        """
        count = self._reader.readinto(buffer) or 0
        if count == 0 and not self._whole:
            raise StoreError("a stream ended before it was whole")
        return count

    def close(self) -> None:
        """Read no more; who writes gets a BrokenPipeError."""
        self._reader.close()
        super().close()


class Tap:
    """Looks at the bytes as they pass: counts, hashes, and holds on to their beginning."""

    def __init__(self, source: Pipe, *, largest: int, promised: int | None) -> None:
        self._source = source
        self._largest, self._promised = largest, promised
        self._hash = hashlib.sha512()
        self.size = 0
        self.body = bytearray()

    @property
    def sha512(self) -> bytes:
        """Of what has passed."""
        return self._hash.digest()

    def readinto(self, buffer: memoryview, /) -> int:
        """Pass the next bytes on.

        Raises:
            RefusedError: too many, none at all, or fewer than were promised.
        """
        count = self._source.readinto(buffer)
        if count == 0:
            self._check_end()
            return 0
        self.size += count
        if self.size > self._largest:
            raise RefusedError("large")
        self._hash.update(buffer[:count])
        self._hold(buffer[:count])
        return count

    def _hold(self, passing: memoryview) -> None:
        begin = self.size - len(passing)
        if len(self.body) < begin:
            return
        self.body += passing[: max(0, HEAD - begin)]
        if len(self.body) >= HEAD and sniff(bytes(self.body[:HEAD])).family == "image":
            self.body += passing[len(self.body) - begin : max(0, BODY - begin)]

    def _check_end(self) -> None:
        if self.size == 0:
            raise RefusedError("empty")
        if self._promised is not None and self.size != self._promised:
            raise RefusedError("half")


async def seal_file(
    store: ObjectStore,
    recipient: Recipient,
    stream: AsyncIterable[bytes],
    *,
    largest: int,
    promised: int | None = None,
) -> SealedFile:
    """Seal a stream to a case's recipient and keep it as an object, of which no row knows yet.

    `largest` and `promised` are in bytes; a stream of any other length than was promised is cut.

    Raises:
        RefusedError: it is empty, cut short, too large, or a program.
        StoreError: the store can't keep it.
    """
    pipe = Pipe()
    tap = Tap(pipe, largest=largest, promised=promised)
    keeping = asyncio.create_task(asyncio.to_thread(_keep, store, recipient, tap, pipe))
    try:
        async for chunk in stream:
            await asyncio.to_thread(pipe.write, chunk)
        await asyncio.to_thread(pipe.finish)
    except BrokenPipeError:
        pass  # whoever read has had enough, and says below why
    finally:
        pipe.hang_up()
        # Also when the stream failed or we are told to stop: no thread is left behind.
        await asyncio.wait([keeping])
        failed = keeping.exception()
    if failed is not None:
        raise failed
    reference, sealed = keeping.result()
    body = bytes(tap.body)
    return SealedFile(
        object=reference,
        recipient=recipient,
        sealed=sealed,
        sha512=tap.sha512,
        type=sniff(body),
        body=body,
    )


def _keep(
    store: ObjectStore, recipient: Recipient, tap: Tap, source: Pipe
) -> tuple[ObjectRef, Sealed]:
    """Seal in this thread while another one stores."""
    pipe = Pipe()
    with source, ThreadPoolExecutor(1) as pool:
        storing = pool.submit(_store, store, pipe)
        try:
            sealed = seal_stream(tap, pipe, [recipient])
            if sniff(bytes(tap.body[:HEAD])).family == "program":
                raise RefusedError("kind")
            pipe.finish()
        except BrokenPipeError:
            raise storing.exception() or StoreError("the store took no more") from None
        finally:
            pipe.hang_up()
        return storing.result(), sealed


def _store(store: ObjectStore, pipe: Pipe) -> ObjectRef:
    with io.BufferedReader(pipe, 1 << 20) as reader:
        return store.put(reader)
