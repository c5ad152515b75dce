"""The WebAuthn ceremonies as values: what a browser is asked, and what its answer proves.

Pure: challenges are given and taken by `referrals/passkeys.py`. Attestation isn't asked for: which
make of authenticator somebody has is nobody's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.registration.verify_registration_response import VerifiedRegistration

from core.errors import BackUpError
from referrals.accounts import Account

INPUT = b"backup passkey 1"
"""What every passkey's function is asked about; its answers differ from passkey to passkey."""
KEY = 32

_ALGORITHMS = (-8, -7, -257)  # Ed25519, ECDSA with P-256, RSA: COSE's numbers, the dearest first


class PasskeyError(BackUpError):
    """A passkey did not prove what it should; why is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the browser is: the domain that a passkey belongs to, and the page's whole origin."""

    domain: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the browser sends: the authenticator's own answer, and the key derived from its PRF."""

    credential: Mapping[str, Any] = field(repr=False)
    key: bytes = field(repr=False)

    @property
    def passkey(self) -> bytes:
        """Which passkey says that it answered."""
        try:
            return base64url_to_bytes(self.credential["rawId"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise PasskeyError("no passkey's answer") from error

    @property
    def challenge(self) -> bytes:
        """What it says it was asked to sign."""
        try:
            data = base64url_to_bytes(self.credential["response"]["clientDataJSON"])
            return parse_client_data_json(data).challenge
        except (WebAuthnException, AttributeError, KeyError, TypeError, ValueError) as error:
            raise PasskeyError("no passkey's answer") from error


def creation_options(
    owner: Account, challenge: bytes, *, known: Sequence[bytes], site: Site
) -> dict[str, Any]:
    """What a browser's `navigator.credentials.create` takes, bytes in base64url."""
    return {
        "rp": {"id": site.domain, "name": "BackUp"},
        "user": {
            "id": bytes_to_base64url(owner.id.bytes),
            "name": owner.profile.email,
            "displayName": owner.profile.name,
        },
        "challenge": bytes_to_base64url(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in _ALGORITHMS],
        "excludeCredentials": [
            {"type": "public-key", "id": bytes_to_base64url(one)} for one in known
        ],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "extensions": _prf(),
    }


def request_options(challenge: bytes, *, site: Site) -> dict[str, Any]:
    """What a browser's `navigator.credentials.get` takes, for whichever passkey it offers."""
    return {
        "rpId": site.domain,
        "challenge": bytes_to_base64url(challenge),
        "allowCredentials": [],
        "userVerification": "required",
        "extensions": _prf(),
    }


def made(answer: Answer, challenge: bytes, *, site: Site) -> VerifiedRegistration:
    """What a new passkey's answer proves.

    Raises:
        PasskeyError: it was not made here, for this challenge, by a person who was verified.
    """
    try:
        return verify_registration_response(
            credential=dict(answer.credential),
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise PasskeyError("a passkey was not made as asked") from error


def signed(
    answer: Answer, challenge: bytes, *, public_key: bytes, count: int, site: Site
) -> VerifiedAuthentication:
    """What a known passkey's answer proves; `count` is how often it was used, as it said last.

    Raises:
        PasskeyError: it is not its signature, or not here, or not of a person who was verified.
    """
    try:
        return verify_authentication_response(
            credential=dict(answer.credential),
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise PasskeyError("a passkey did not sign as asked") from error


def _prf() -> dict[str, Any]:
    return {"prf": {"eval": {"first": bytes_to_base64url(INPUT)}}}
