"""RFC 3161 timestamps of checkpoints: an authority elsewhere says since when the log stands so.

A token covers the SHA-256 of the checkpoint's note as it is stored. It is believed only when its
chain ends in a certificate of the deployment's own choice; a *qualified* authority's token carries
a legal presumption in the EU, any other is evidence like any other.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from core.errors import BackUpError, ConfigurationError
from vault.errors import TamperedError

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
LARGEST = 64 * 1024


class AuthorityError(BackUpError):
    """A time-stamping authority is away, or what it gave is no timestamp of what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A time-stamping authority: what we call it, and its address."""

    name: str
    url: str

    @classmethod
    def parse(cls, text: str) -> "Authority":
        """Read `name=https://…`, or an address whose host is the name.

        Raises:
            ConfigurationError: it is neither.
        """
        match = re.fullmatch(r"(?:([^=]+)=)?(https?://([^/?#]+)\S*)", text.strip())
        if match is None:
            raise ConfigurationError(
                "TIMESTAMP_URLS should be addresses separated by commas, each https://… or"
                " name=https://…"
            )
        return cls(name=(match[1] or match[3]).strip(), url=match[2])


def read_authorities(text: str | None) -> list[Authority]:
    """The authorities in a setting: separated by commas."""
    return [Authority.parse(one) for one in (text or "").split(",") if one.strip()]


def read_roots(path: Path | None) -> list[Certificate]:
    """The certificates (PEM) in which an authority's chain must end.

    Raises:
        ConfigurationError: the file is not there, or holds none.
    """
    if path is None:
        return []
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"TIMESTAMP_CA: {path} holds no PEM certificates") from error


async def request(
    client: httpx.AsyncClient, authority: Authority, message: bytes, roots: Sequence[Certificate]
) -> tuple[datetime, bytes]:
    """Ask for a timestamp of a message; gives its time and the token (DER), checked.

    Raises:
        AuthorityError: the authority is away, refuses, or gives something else.
    """
    asked = TimestampRequestBuilder(message, HashAlgorithm.SHA256).build()
    try:
        response = await client.post(
            authority.url, content=asked.as_bytes(), headers={"Content-Type": QUERY}
        )
        response.raise_for_status()
        answer = decode_timestamp_response(response.content[:LARGEST])
        return _checked(answer, message, roots, nonce=asked.nonce), answer.time_stamp_token()
    except httpx.HTTPError as error:
        raise AuthorityError(f"{authority.name} gave no answer: {type(error).__name__}") from None
    except (TamperedError, ValueError) as error:
        raise AuthorityError(f"{authority.name} gave no timestamp of this: {error}") from None


def verify(token: bytes, message: bytes, roots: Sequence[Certificate]) -> datetime:
    """When, by the authority's word, the message existed.

    Raises:
        TamperedError: the token is of another message, forged, or of no trusted authority.
    """
    try:
        answer = decode_timestamp_response(_response(token))
    except ValueError as error:
        raise TamperedError("a timestamp is malformed") from error
    return _checked(answer, message, roots, nonce=None)


def _checked(
    answer: TimeStampResponse, message: bytes, roots: Sequence[Certificate], *, nonce: int | None
) -> datetime:
    verifier = VerifierBuilder(roots=list(roots), nonce=nonce).build()
    try:
        verifier.verify(answer, hashlib.sha256(message).digest())
        at = answer.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TamperedError(f"a timestamp is not to be believed: {error}") from error
    return at


def _response(token: bytes) -> bytes:
    """The token as an authority's whole answer (RFC 3161, 2.4.2): status granted, token."""
    body = b"\x30\x03\x02\x01\x00" + token
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    length = size if len(body) < 0x80 else bytes([0x80 | len(size)]) + size  # noqa: PLR2004
    return b"\x30" + length + body
