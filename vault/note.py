"""Signed notes (C2SP signed-note) with Ed25519: a short text and who vouches for it.

A witness's line is a cosignature (C2SP tlog-cosignature, `cosignature/v1`), which also says when.
A note's text must not be believed before `opened` has given it back.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vault.errors import SealError, TamperedError

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
DASH = "\N{EM DASH} "
LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A name and its public key, written `name+hash+key` as other programs for such logs do."""

    name: str
    public: bytes
    algorithm: bytes = ED25519

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or self.name.split() != [self.name]:
            raise SealError("a key's name has no spaces and no plus")

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no proof of anything."""
        material = self.name.encode() + b"\n" + self.algorithm + self.public
        return hashlib.sha256(material).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name+hash+key`; raises SealError for anything else."""
        try:
            name, key_id, key = text.split("+", 2)
            material = b64decode(key, validate=True)
            verifier = cls(name=name, public=material[1:], algorithm=material[:1])
            if (
                verifier.algorithm not in {ED25519, COSIGNATURE}
                or bytes.fromhex(key_id) != verifier.id
            ):
                raise SealError("a verifier key has a typing error")
            Ed25519PublicKey.from_public_bytes(verifier.public)
        except ValueError as error:
            raise SealError("a verifier key should be name+hash+key") from error
        return verifier

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(self.algorithm + self.public).decode()}"

    def confirms(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature over the text."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            message, signature = _timed(message, signature[:8]), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """A name and its private key, which never prints."""

    __slots__ = ("_private", "name")

    def __init__(self, name: str, private: bytes) -> None:
        """Take the 32 secret bytes of an Ed25519 key."""
        self.name = name
        self._private = Ed25519PrivateKey.from_private_bytes(private)

    def __repr__(self) -> str:
        return f"<Signer {self.name}>"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(name=self.name, public=self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The text as a note with this one signature; the text ends with a line feed."""
        return f"{text}\n{_line(self.verifier, self._private.sign(text.encode()))}\n"

    @property
    def cosigner(self) -> Verifier:
        """The public half as a witness's: another kind of key, though the same point."""
        return replace(self.verifier, algorithm=COSIGNATURE)

    def cosign(self, text: str, at: int) -> str:
        """The line by which a witness vouches for a checkpoint's text; `at` in seconds."""
        time = at.to_bytes(8, "big")
        return _line(self.cosigner, time + self._private.sign(_timed(text.encode(), time)))


def opened(note: str, verifiers: Iterable[Verifier]) -> str:
    """The text of a note that a known key has signed; signatures of unknown keys are passed over.

    Raises:
        TamperedError: no known key signed it, one did not sign this, or it is malformed.
    """
    text, _, tail = note.rpartition("\n\n")
    if not text or not tail.endswith("\n") or len(note) > LIMIT or not _plain(note):
        raise TamperedError("a signed note is malformed")
    text += "\n"
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    verdicts = [
        verifier.confirms(text, signature)
        for name, key_id, signature in _signatures(tail)
        if (verifier := known.get((name, key_id)))
    ]
    if not verdicts or not all(verdicts):
        raise TamperedError("a note is not signed by the key that should have signed it")
    return text


def _signatures(tail: str) -> Iterator[tuple[str, bytes, bytes]]:
    for line in tail[:-1].split("\n"):
        name, _, text = line.removeprefix(DASH).partition(" ")
        try:
            material = b64decode(text, validate=True)
        except Error as error:
            raise TamperedError("a signed note is malformed") from error
        if not line.startswith(DASH) or not name or not material[4:]:
            raise TamperedError("a signed note is malformed")
        yield name, material[:4], material[4:]


def lines_of(note: str) -> dict[str, str]:
    """The signature lines of a note by the names on them, none of them believed.

    Raises:
        TamperedError: it is malformed.
    """
    tail = note.rpartition("\n\n")[2]
    return {
        name: line for (name, _, _), line in zip(_signatures(tail), tail.split("\n"), strict=False)
    }


def cosigned_at(line: str) -> int:
    """When a witness signed, in seconds, as its line says."""
    ((_, _, signature),) = _signatures(line + "\n")
    return int.from_bytes(signature[:8], "big")


def _timed(text: bytes, time: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n%b" % (int.from_bytes(time, "big"), text)


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"{DASH}{verifier.name} {b64encode(verifier.id + signature).decode()}"


def _plain(note: str) -> bool:
    return all(letter >= " " or letter == "\n" for letter in note)
