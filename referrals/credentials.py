"""What a professional proves themselves with: a password that is also a key, and a code.

Pure but for randomness and for the threads in which the slow derivation runs.
"""

import asyncio
import hmac
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import pyotp
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.envelope import DataKey

MINIMUM_LENGTH = 12
"""Characters of a password that a person chooses (NIST SP 800-63B asks for 8 and for no rules)."""

_SECONDS = 30
# One step of clock drift either way, as RFC 6238 section 5.2 recommends.
_DRIFT = (0, -1, 1)
# Letters and digits that are not mistaken for one another; 20 of them make about 99 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5
# A derivation takes much memory and whole cores: two at once at most, the others wait in line.
_DERIVATIONS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Argon2id's parameters; by default the second recommendation of RFC 9106, section 4."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What one derivation gives: 32 bytes to recognise the password by, and a key to open with."""

    verifier: bytes = field(repr=False)
    key: DataKey

    def matches(self, verifier: bytes) -> bool:
        """Compare without telling by the time how much was right."""
        return hmac.compare_digest(self.verifier, verifier)


async def derive(password: str, *, salt: bytes, pepper: bytes, cost: Cost) -> Derived:
    """Stretch a password by Argon2id and split the 64 bytes by HKDF-SHA256, off the event loop.

    Without `pepper` (32 bytes that only the server's keys give) a guess can't be tested.
    """
    loop = asyncio.get_running_loop()
    stretched = await loop.run_in_executor(_DERIVATIONS, _stretch, password, salt, cost)
    return Derived(
        verifier=_split(stretched, pepper, b"backup/password/verifier"),
        key=DataKey(_split(stretched, pepper, b"backup/password/identity")),
    )


def new_password() -> str:
    """A password to be handed over once, in groups that can be read aloud."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[i::_GROUPS]) for i in range(_GROUPS))


def new_totp_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them (RFC 4226, section 4)."""
    return pyotp.random_base32()


def accepted_step(totp_secret: str, code: str, now: datetime) -> int | None:
    """The 30-second step whose code this is; None if it is none of those around `now`."""
    typed = "".join(str(unicodedata.decimal(sign, "")) for sign in code)
    totp = pyotp.TOTP(totp_secret, interval=_SECONDS)
    current = int(now.timestamp()) // _SECONDS
    found = [
        current + drift
        for drift in _DRIFT
        if hmac.compare_digest(totp.generate_otp(current + drift), typed)
    ]
    return found[0] if found else None


def _stretch(password: str, salt: bytes, cost: Cost) -> bytes:
    # Keyboards compose the same letter in different ways; NFKC makes one of them.
    secret = unicodedata.normalize("NFKC", password).encode()
    return hash_secret_raw(
        secret, salt, cost.passes, cost.memory_kib, cost.lanes, hash_len=64, type=Type.ID
    )


def _split(stretched: bytes, pepper: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=pepper, info=purpose).derive(stretched)
