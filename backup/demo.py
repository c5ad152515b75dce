"""Sample people for `backup up --demo`: an admin and two professionals, never survivors.

Their sign-ins are kept in the data directory, readable by its owner alone, so that a second start
can print them again. Real accounts leave no such file.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyotp

from core.database import open_engine, open_sessions
from core.settings import Settings
from referrals.accounts import Enrolment, Profile
from referrals.credentials import new_password
from referrals.professionals import enrol
from vault.keys import open_keys

SAMPLES = (
    Profile(
        name="Sample Admin",
        email="admin@sample.example",
        role="admin",
        languages=("en", "fr"),
        sample=True,
    ),
    Profile(
        name="Sample Doctor",
        email="doctor@sample.example",
        services=("health",),
        languages=("en", "fr"),
        child_trained=True,
        sample=True,
    ),
    Profile(
        name="Sample Psychologist",
        email="psychologist@sample.example",
        services=("psychosocial", "protection"),
        languages=("fr", "en"),
        sample=True,
    ),
)


async def print_sign_ins(settings: Settings, url: str) -> None:
    """Enrol the samples at the first start, and print how to sign in as each."""
    if not _sign_ins(settings):
        _keep(settings, await _enrol(settings, url))
    print("\nSample people, for trying out (a code changes every 30 seconds):")
    for one in _sign_ins(settings):
        code = pyotp.TOTP(one["totp"]).now()
        print(f"  {one['email']:27}  password {one['password']}  code {code}  secret {one['totp']}")
    print("  a fresh code: .venv/bin/backup code EMAIL\n", flush=True)


def sample_code(settings: Settings, email: str) -> str | None:
    """The code that a sample person's authenticator shows now; None for anybody else."""
    secrets = {one["email"]: one["totp"] for one in _sign_ins(settings)}
    return pyotp.TOTP(secrets[email]).now() if email in secrets else None


def _file(settings: Settings) -> Path:
    return settings.backup_data / "demo-sign-ins.json"


def _sign_ins(settings: Settings) -> list[dict[str, str]]:
    kept = _file(settings)
    return list(json.loads(kept.read_text())) if kept.exists() else []


def _keep(settings: Settings, enrolments: list[Enrolment]) -> None:
    kept = _file(settings)
    kept.touch(mode=0o600)
    sign_ins = [
        {"email": one.account.profile.email, "password": one.password, "totp": one.totp_secret}
        for one in enrolments
    ]
    kept.write_text(json.dumps(sign_ins))


async def _enrol(settings: Settings, url: str) -> list[Enrolment]:
    keys = open_keys(settings)
    engine = open_engine(url)
    async with open_sessions(engine).begin() as session:
        enrolments = [
            await enrol(
                session, keys=keys, profile=profile, password=new_password(), now=datetime.now(UTC)
            )
            for profile in SAMPLES
        ]
    await engine.dispose()
    return enrolments
