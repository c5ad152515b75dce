"""The textual header of an age v1 file: stanzas that wrap the file key, and their MAC.

Reading is as strict as C2SP age.md: canonical base64 without padding, body lines of exactly 64
columns but a shorter last one, single spaces, nothing unknown before the MAC. What `parse` gives
back is well-formed but not yet authenticated; `Header.check` does that.
"""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.errors import SealError

INTRO = b"age-encryption.org/v1\n"
COLUMNS = 64
MAC = 32
LINE_LIMIT = 8192
STANZA_LIMIT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """One way to the file key: its arguments (the first is its type) and its body."""

    arguments: tuple[str, ...]
    body: bytes

    @property
    def kind(self) -> str:
        """The type of recipient it is for."""
        return self.arguments[0]

    def encode(self) -> bytes:
        """As it stands in a header; the last body line is short, empty if need be."""
        body = to_base64(self.body)
        lines = [body[i : i + COLUMNS] for i in range(0, len(body) + 1, COLUMNS)]
        return "\n".join(["-> " + " ".join(self.arguments), *lines, ""]).encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A parsed header: `authenticated` is what the MAC covers."""

    stanzas: tuple[Stanza, ...]
    authenticated: bytes
    mac: bytes

    def check(self, file_key: bytes) -> None:
        """Raise SealError unless whoever made this header knew the file key."""
        if not hmac.compare_digest(self.mac, _mac(file_key, self.authenticated)):
            raise SealError("a sealed file's header has been changed")


def encode(stanzas: Iterable[Stanza], file_key: bytes) -> bytes:
    """A whole header, MAC and all."""
    authenticated = INTRO + b"".join(stanza.encode() for stanza in stanzas) + b"---"
    return authenticated + f" {to_base64(_mac(file_key, authenticated))}\n".encode("ascii")


def parse(stream: BinaryIO) -> Header:
    """Read the header from a stream that then stands at the payload.

    Raises:
        SealError: for anything that the format's grammar doesn't allow.
    """
    if stream.readline(len(INTRO)) != INTRO:
        raise SealError("this is no age v1 file")
    seen, stanzas = bytearray(INTRO), list[Stanza]()
    while not (line := _line(stream)).startswith("---"):
        seen += f"{line}\n".encode("ascii")
        stanza = Stanza(arguments=_arguments(line), body=_body(stream, seen))
        stanzas.append(stanza)
        if len(stanzas) > STANZA_LIMIT:
            raise SealError("a sealed file's header is too long")
    mac = from_base64(line.removeprefix("--- "))
    if not stanzas or len(mac) != MAC:
        raise SealError("a sealed file's header does not end as it should")
    return Header(stanzas=tuple(stanzas), authenticated=bytes(seen) + b"---", mac=mac)


def derive(key: bytes, *, salt: bytes, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA-256, as age derives all its keys."""
    return HKDF(SHA256(), 32, salt, info).derive(key)


def to_base64(data: bytes) -> str:
    """Canonical base64 without padding."""
    return b64encode(data).rstrip(b"=").decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes; raises SealError for padding, foreign characters or stray bits."""
    try:
        data = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise SealError("a sealed file's header holds no proper base64") from error
    if to_base64(data) != text:
        raise SealError("a sealed file's header holds no canonical base64")
    return data


def _mac(file_key: bytes, authenticated: bytes) -> bytes:
    return hmac.digest(derive(file_key, salt=b"", info=b"header"), authenticated, hashlib.sha256)


def _line(stream: BinaryIO) -> str:
    """One line of visible characters and spaces, without its end."""
    line = stream.readline(LINE_LIMIT)
    text = line[:-1].decode("ascii", "replace")
    if not line.endswith(b"\n") or not (text.isascii() and text.isprintable()):
        raise SealError("a sealed file's header holds something other than lines of text")
    return text


def _arguments(line: str) -> tuple[str, ...]:
    marker, *arguments = line.split(" ")
    if marker != "->" or not arguments or not all(arguments):
        raise SealError("a sealed file's header holds a malformed stanza")
    return tuple(arguments)


def _body(stream: BinaryIO, seen: bytearray) -> bytes:
    lines = list(_body_lines(stream))
    seen += "".join(f"{line}\n" for line in lines).encode("ascii")
    return from_base64("".join(lines))


def _body_lines(stream: BinaryIO) -> Iterator[str]:
    for _ in range(STANZA_LIMIT):
        line = _line(stream)
        if len(line) > COLUMNS:
            raise SealError("a sealed file's header holds too long a line")
        yield line
        if len(line) < COLUMNS:
            return
    raise SealError("a sealed file's header holds too long a stanza")
