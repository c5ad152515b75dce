"""Opening age files. Whoever imports this can read: a linter contract says who may.

Everything is authenticated before it is given out, chunk by chunk.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

from vault.age import header, stanzas
from vault.age.hybrid import Identity
from vault.age.payload import BOX, CHUNK, NONCE, Payload
from vault.age.sealing import Sink


def unseal(ciphertext: bytes, identity: Identity) -> bytes:
    """The plaintext; raises SealError and gives nothing unless every byte is as it was sealed."""
    sink = io.BytesIO()
    unseal_stream(io.BytesIO(ciphertext), sink, identity)
    return sink.getvalue()


def unseal_stream(source: BinaryIO, sink: Sink, identity: Identity) -> None:
    """Open a stream; what reached the sink before a SealError must be thrown away."""
    for chunk in unsealed(source, identity):
        sink.write(chunk)


def unsealed(source: BinaryIO, identity: Identity) -> Iterator[bytes]:
    """The plaintext chunk by chunk; what came before a SealError must be thrown away."""
    payload, number, box = _opened(source, identity), 0, _read(source, BOX)
    while following := _read(source, BOX):
        yield payload.unseal(number, box, final=False)
        number, box = number + 1, following
    yield payload.unseal(number, box, final=True)


def read_range(file: BinaryIO, identity: Identity, offset: int, length: int) -> bytes:
    """A part of the plaintext of a seekable file; only the chunks read are authenticated.

    Shorter than `length` only where the plaintext ends, which its authentic last chunk shows.
    """
    file.seek(0)
    payload, start = _opened(file, identity), file.tell()
    last = max(0, file.seek(0, io.SEEK_END) - start - 1) // BOX
    chunks = range(min(offset // CHUNK, last), min((offset + length) // CHUNK, last) + 1)
    file.seek(start + chunks.start * BOX)
    plain = b"".join(payload.unseal(n, _read(file, BOX), final=n == last) for n in chunks)
    begin = offset - chunks.start * CHUNK
    return plain[begin : begin + length]


def _opened(stream: BinaryIO, identity: Identity) -> Payload:
    """Read header and nonce, and check them; the stream then stands at the first chunk."""
    head = header.parse(stream)
    file_key = stanzas.unwrap(head.stanzas, identity)
    head.check(file_key)
    return Payload(file_key, _read(stream, NONCE))


def _read(stream: BinaryIO, size: int) -> bytes:
    """That many bytes, fewer only at the end; pipes and sockets give less than they are asked."""
    data = stream.read(size)
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data
