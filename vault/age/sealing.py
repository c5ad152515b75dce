"""Sealing: age files of any size in one pass and constant memory, with both hashes."""

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Protocol

from vault.age import header, stanzas
from vault.age.classic import ClassicRecipient
from vault.age.hashing import IN_FLIGHT, TwinHash
from vault.age.hybrid import Recipient
from vault.age.payload import BOX, CHUNK, NONCE, TAG, Payload
from vault.errors import SealError

BATCH = 16
"""Chunks that are read, sealed, hashed and written together: 1 MiB."""


Recipients = Sequence[Recipient | ClassicRecipient]
"""All hybrid, as the program's own are, or all classic."""


class Source(Protocol):
    """What can be read into a buffer: a file, or bytes in memory."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer's beginning; 0 at the end."""
        ...


class Sink(Protocol):
    """What can be written to."""

    def write(self, data: bytes | memoryview, /) -> object:
        """Take all of the data before returning."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What sealing a stream found on its way; sizes in bytes."""

    size: int
    plaintext_sha256: bytes
    ciphertext_sha256: bytes
    ciphertext_size: int


def seal(plaintext: bytes, recipients: Recipients) -> bytes:
    """An age file that each of the recipients can open."""
    sink = io.BytesIO()
    seal_stream(io.BytesIO(plaintext), sink, recipients)
    return sink.getvalue()


def seal_stream(source: Source, sink: Sink, recipients: Recipients) -> Sealed:
    """Seal a stream of any length in one pass and constant memory, taking both hashes."""
    if not recipients:
        raise SealError("a file must be sealed to someone")
    if len({type(recipient) for recipient in recipients}) > 1:
        raise SealError("a file can't be sealed to hybrid and to classic recipients")
    file_key, nonce = os.urandom(stanzas.FILE_KEY), os.urandom(NONCE)
    wrapped = [stanzas.wrap(file_key, recipient) for recipient in recipients]
    intro = header.encode(wrapped, file_key) + nonce
    sink.write(intro)
    payload, number, boxes = Payload(file_key, nonce), 0, _buffers(BATCH * BOX, IN_FLIGHT + 1)
    with TwinHash(intro) as hashes:
        for batch, final in _batches(source):
            sealed = _seal_batch(payload, number, batch, next(boxes), final=final)
            hashes.update(batch, sealed, alone=final and number == 0)
            sink.write(sealed)
            number += BATCH
    return Sealed(
        size=hashes.plaintext_size,
        plaintext_sha256=hashes.plaintext_sha256,
        ciphertext_sha256=hashes.ciphertext_sha256,
        ciphertext_size=hashes.ciphertext_size,
    )


def _batches(source: Source) -> Iterator[tuple[memoryview, bool]]:
    """The plaintext in batches, each with whether it is the last, which takes looking ahead.

    A batch's buffer is filled again once `IN_FLIGHT` later ones have been given out.
    """
    buffers = _buffers(BATCH * CHUNK, IN_FLIGHT + 2)
    batch = _filled(source, next(buffers))
    while len(batch) == BATCH * CHUNK and (following := _filled(source, next(buffers))):
        yield batch, False
        batch = following
    yield batch, True


def _filled(source: Source, buffer: memoryview) -> memoryview:
    """As much of the buffer as the source could fill: all of it, unless the source has ended."""
    size = 0
    while size < len(buffer) and (count := source.readinto(buffer[size:])):
        size += count
    return buffer[:size]


def _buffers(size: int, count: int) -> Iterator[memoryview]:
    """`count` buffers in turn, made when they are first needed."""
    ring: list[memoryview] = []
    while len(ring) < count:
        ring.append(memoryview(bytearray(size)))
        yield ring[-1]
    yield from cycle(ring)


def _seal_batch(
    payload: Payload, number: int, batch: memoryview, boxes: memoryview, *, final: bool
) -> memoryview:
    """Seal a batch whose first chunk has that number; the filled part of `boxes`."""
    count = max(1, -(-len(batch) // CHUNK))
    for i in range(count):
        chunk = batch[i * CHUNK : (i + 1) * CHUNK]
        box = boxes[i * BOX : i * BOX + len(chunk) + TAG]
        payload.seal(number + i, chunk, box, final=final and i == count - 1)
    return boxes[: len(batch) + count * TAG]
