"""A professional as the other rooms see them: plain values without secrets, but for an enrolment's.

At rest a profile is sealed by the server's keys (`referrals/professionals.py`).
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Literal, Self

import pyotp

from core.identifiers import ProfessionalId
from vault.age import Recipient

SERVICES = (
    "health",
    "psychosocial",
    "legal",
    "security",
    "shelter",
    "protection",
    "livelihoods",
    "other",
)
"""The services of the consents, in the order of the forms."""

Role = Literal["professional", "admin"]

_ISSUER = "BackUp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the organisation knows of a professional."""

    name: str
    email: str
    role: Role = "professional"
    services: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    child_trained: bool = False
    sample: bool = False
    """Made up, for trying things out; said wherever the name is shown."""

    def to_bytes(self) -> bytes:
        """The profile as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        fields = json.loads(data)
        lists = {name: tuple(fields[name]) for name in ("services", "languages")}
        return cls(**{**fields, **lists})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who, for what, and to whom cases are wrapped."""

    id: ProfessionalId
    profile: Profile
    recipient: Recipient
    one_time: bool
    """The password was made for them and must be changed before anything else."""
    suspended: bool = False

    @property
    def services(self) -> tuple[str, ...]:
        """The services that they offer."""
        return self.profile.services

    @property
    def child_trained(self) -> bool:
        """Whether they are trained to help people under 18."""
        return self.profile.child_trained


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A new account and what its owner must be handed now; none of it can be shown again."""

    account: Account
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)

    @property
    def totp_uri(self) -> str:
        """The `otpauth://` address that authenticator apps read from a QR code."""
        return totp_uri(self.totp_secret, self.account.profile.email)


def totp_uri(secret: str, email: str) -> str:
    """What an authenticator app reads to know the secret, and to show whose it is."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)
