"""Sealed files: everything comes back whole, or nothing does."""

import hashlib
import io
import os
from collections.abc import Iterator
from itertools import count
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.age import (
    Identity,
    Recipient,
    header,
    seal,
    seal_stream,
    stanzas,
)
from vault.age.open import read_range, unseal, unseal_stream
from vault.age.payload import BOX, CHUNK, TAG, Payload
from vault.errors import SealError

IDENTITY = Identity.generate()
OTHER = Identity.generate()
SHARED = [IDENTITY.recipient, OTHER.recipient]
MATERIAL = os.urandom(2_500_000)
BATCH = 16 * CHUNK
BORDERS = [
    *(0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 1_000_003),
    *(BATCH - 1, BATCH, BATCH + 1, 2 * BATCH - 1, 2 * BATCH, 2 * BATCH + 1),
]

sizes = st.one_of(st.sampled_from(BORDERS), st.integers(0, 2_300_000))


class Dripping(io.RawIOBase):
    """A source that gives its bytes in pieces, as sockets do."""

    def __init__(self, content: bytes, pieces: Iterator[int]) -> None:
        self._rest, self._pieces = memoryview(content), pieces

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(next(self._pieces), len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


@pytest.mark.parametrize("size", BORDERS)
def test_what_is_sealed_comes_back_at_every_border(size: int) -> None:
    ciphertext = seal(MATERIAL[:size], SHARED)
    assert unseal(ciphertext, IDENTITY) == unseal(ciphertext, OTHER) == MATERIAL[:size]


@settings(deadline=None, max_examples=40)
@given(sizes, st.integers(4000, 3 * CHUNK))
def test_a_stream_in_pieces_of_any_size_is_sealed_and_hashed_the_same(
    size: int, piece: int
) -> None:
    sink, back = io.BytesIO(), io.BytesIO()
    pieces = (1 + (piece * n) % (2 * piece) for n in count(1))
    sealed = seal_stream(Dripping(MATERIAL[:size], pieces), sink, [IDENTITY.recipient])
    ciphertext = sink.getvalue()
    assert (sealed.size, sealed.ciphertext_size) == (size, len(ciphertext))
    assert sealed.plaintext_sha256 == hashlib.sha256(MATERIAL[:size]).digest()
    assert sealed.ciphertext_sha256 == hashlib.sha256(ciphertext).digest()
    unseal_stream(cast("BinaryIO", Dripping(ciphertext, pieces)), back, IDENTITY)
    assert back.getvalue() == MATERIAL[:size]


def test_two_sealings_of_the_same_have_nothing_in_common() -> None:
    one, two = (seal(MATERIAL[:1000], [IDENTITY.recipient]) for _ in range(2))
    assert one[-1000:] != two[-1000:]
    assert one[100:1500] != two[100:1500]


def test_another_identity_opens_nothing() -> None:
    with pytest.raises(SealError, match="not sealed to this identity"):
        unseal(seal(b"x", [OTHER.recipient]), IDENTITY)


def test_a_file_must_be_sealed_to_someone() -> None:
    with pytest.raises(SealError):
        seal(b"x", [])


def test_a_failing_sink_stops_the_sealing() -> None:
    class Full(io.BytesIO):
        def write(self, _: object, /) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        seal_stream(io.BytesIO(MATERIAL), Full(), [IDENTITY.recipient])


SMALL = seal(b"she said", [IDENTITY.recipient])


@pytest.mark.parametrize("bit", range(8))
def test_every_single_bit_counts(bit: int) -> None:
    for place in range(len(SMALL)):
        changed = bytearray(SMALL)
        changed[place] ^= 1 << bit
        with pytest.raises(SealError):
            unseal(bytes(changed), IDENTITY)


def test_a_small_file_cut_anywhere_is_refused() -> None:
    for length in range(len(SMALL)):
        with pytest.raises(SealError):
            unseal(SMALL[:length], IDENTITY)


LARGE = seal(MATERIAL[: 3 * CHUNK], [IDENTITY.recipient])
START = len(LARGE) - 3 * BOX
CHUNKS = [LARGE[START + n * BOX : START + (n + 1) * BOX] for n in range(3)]
FOREIGN = seal(MATERIAL[: 3 * CHUNK], [IDENTITY.recipient])[-BOX:]


@pytest.mark.parametrize(
    "chunks",
    [
        CHUNKS[:2],
        CHUNKS[:1],
        [],
        [*CHUNKS[:2], CHUNKS[2][:-1]],
        [*CHUNKS[:2], CHUNKS[2][:16]],
        [*CHUNKS[:2], b""],
        [*CHUNKS, b"\0"],
        [*CHUNKS, CHUNKS[2]],
        [*CHUNKS, bytes(16)],
        [CHUNKS[1], CHUNKS[0], CHUNKS[2]],
        [CHUNKS[0], CHUNKS[2]],
        [CHUNKS[0], CHUNKS[0], CHUNKS[2]],
        [CHUNKS[0], CHUNKS[1], FOREIGN],
    ],
)
def test_a_file_cut_extended_or_reordered_at_its_chunks_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(SealError):
        unseal(LARGE[:START] + b"".join(chunks), IDENTITY)


def test_an_empty_last_chunk_is_refused_after_full_ones() -> None:
    """Even one that somebody who knows the file key made."""
    ciphertext = with_an_empty_last_chunk(MATERIAL[:CHUNK], IDENTITY.recipient)
    with pytest.raises(SealError):
        unseal(ciphertext, IDENTITY)


def with_an_empty_last_chunk(plaintext: bytes, recipient: Recipient) -> bytes:
    file_key, nonce = bytes(16), bytes(16)
    payload, boxes = Payload(file_key, nonce), bytearray(BOX + TAG)
    payload.seal(0, memoryview(plaintext), memoryview(boxes)[:BOX], final=False)
    payload.seal(1, memoryview(b""), memoryview(boxes)[BOX:], final=True)
    return header.encode([stanzas.wrap(file_key, recipient)], file_key) + nonce + boxes


RANGED = seal(MATERIAL[:1_000_003], [IDENTITY.recipient])


@settings(deadline=None)
@given(
    st.one_of(st.integers(0, 1_200_000), st.sampled_from(BORDERS)),
    st.one_of(st.integers(0, 300_000), st.sampled_from(BORDERS)),
)
def test_a_range_is_the_slice_of_the_plaintext(offset: int, length: int) -> None:
    expected = MATERIAL[:1_000_003][offset : offset + length]
    assert read_range(io.BytesIO(RANGED), IDENTITY, offset, length) == expected


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
def test_a_range_of_a_small_file(size: int) -> None:
    file = io.BytesIO(seal(MATERIAL[:size], [IDENTITY.recipient]))
    assert read_range(file, IDENTITY, 0, 2 * CHUNK) == MATERIAL[:size]
    assert read_range(file, IDENTITY, 1, 0) == b""


def test_a_range_knows_nothing_of_damage_elsewhere() -> None:
    damaged = io.BytesIO(LARGE[:-1] + bytes([LARGE[-1] ^ 1]))
    assert read_range(damaged, IDENTITY, 10, 100) == MATERIAL[10:110]
    with pytest.raises(SealError):
        read_range(damaged, IDENTITY, 2 * CHUNK, 1)


def test_the_end_of_a_cut_file_is_not_taken_for_the_end_of_the_text() -> None:
    for cut in (LARGE[:-BOX], LARGE[:-1], LARGE[:START], LARGE[: START - 1]):
        with pytest.raises(SealError):
            read_range(io.BytesIO(cut), IDENTITY, 2 * CHUNK - 5, 10)
        with pytest.raises(SealError):
            read_range(io.BytesIO(cut), IDENTITY, 10 * CHUNK, 10)
