"""Make an account for somebody who helps or administers, with a one-time password."""

import asyncio
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from backup.database import open_database
from core.database import open_engine, open_sessions
from core.settings import Settings
from referrals.accounts import SERVICES, Enrolment, Profile
from referrals.professionals import enrol
from vault.keys import open_keys


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup enrol`."""
    parser.add_argument("email")
    parser.add_argument("--name", required=True)
    parser.add_argument("--role", choices=("professional", "admin"), default="professional")
    parser.add_argument("--service", action="append", choices=SERVICES, default=[])
    parser.add_argument("--language", action="append", default=[])
    parser.add_argument("--child-trained", action="store_true")


def run(args: Namespace, settings: Settings) -> int:
    """Enrol, and print what must be handed over; it can't be shown again."""
    profile = Profile(
        name=args.name,
        email=args.email,
        role=args.role,
        services=tuple(args.service),
        languages=tuple(args.language),
        child_trained=args.child_trained,
    )
    enrolment = asyncio.run(_enrol(settings, profile))
    print(f"one-time password  {enrolment.password}")
    print(f"authenticator      {enrolment.totp_uri}")
    return 0


async def _enrol(settings: Settings, profile: Profile) -> Enrolment:
    keys = open_keys(settings)
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        async with open_sessions(engine).begin() as session:
            enrolment = await enrol(session, keys=keys, profile=profile, now=datetime.now(UTC))
        await engine.dispose()
    return enrolment
