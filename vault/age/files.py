"""Whole age files: seal, unseal, streams of any size in constant memory, and ranges."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from vault.age.hybrid import Identity, Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What sealing a stream found on its way; sizes in bytes."""

    size: int
    plaintext_sha256: bytes
    ciphertext_sha256: bytes
    ciphertext_size: int


def seal(plaintext: bytes, recipients: Sequence[Recipient]) -> bytes:
    """An age file that each of the recipients can open."""
    raise NotImplementedError


def unseal(ciphertext: bytes, identity: Identity) -> bytes:
    """The plaintext; raises SealError and gives nothing unless every byte is as it was sealed."""
    raise NotImplementedError


def seal_stream(source: BinaryIO, sink: BinaryIO, recipients: Sequence[Recipient]) -> Sealed:
    """Seal a stream of any length in one pass and constant memory, taking both hashes."""
    raise NotImplementedError


def unseal_stream(source: BinaryIO, sink: BinaryIO, identity: Identity) -> None:
    """Open a stream; what reached the sink before a SealError must be thrown away."""
    raise NotImplementedError


def read_range(file: BinaryIO, identity: Identity, offset: int, length: int) -> bytes:
    """A part of the plaintext of a seekable file; only the chunks read are authenticated."""
    raise NotImplementedError
