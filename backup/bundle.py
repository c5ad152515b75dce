"""Make a bundle of a case for a court: originals, custody, proofs, sealed to who receives it.

Only a professional on the case can do this, with password and code, and only as the person agreed;
it leaves a custody entry that the professional signs. How to check a bundle: see its index.pdf.
"""

import asyncio
import getpass
import os
import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import select

from backup.database import open_database
from core.database import Sessions, open_engine, open_sessions
from core.errors import ConfigurationError, NotAllowedError
from core.identifiers import CaseId, RecordId
from core.settings import Settings
from dashboard.chronicle import Chronicler
from dashboard.questionnaire import CRSV, Questionnaire
from locales import Catalogs
from referrals.professionals import SignedIn, sign_in
from referrals.tables import CaseRow
from vault.age import Recipient
from vault.age.classic import ClassicRecipient, parse_recipient
from vault.bundle.make import Known, Maker, Order
from vault.bundle.material import REASONS, WITHOUT_CONSENT
from vault.bundle.stream import Parcel
from vault.errors import SealError
from vault.keys import KeyProvider, open_keys
from vault.store import open_store

CHOICES = [reason for reason in REASONS if reason != WITHOUT_CONSENT]


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup bundle`."""
    parser.add_argument("reference", help="the case's reference, as the dashboard shows it")
    parser.add_argument(
        "--to", required=True, type=_receiver, metavar="KEY", help="the receiver: age1pq1… or age1…"
    )
    parser.add_argument("--as", dest="email", required=True, help="the professional's e-mail")
    parser.add_argument("--directory", type=Path, default=Path(), help="where to write the bundle")
    parser.add_argument("--language", default="en", help="the language of the index")
    parser.add_argument(
        "--withhold",
        action="append",
        default=[],
        type=_withheld,
        metavar="RECORD=REASON",
        help=f"hold a record back; a reason is one of {', '.join(CHOICES)}",
    )
    parser.add_argument(
        "--asked", action="store_true", help="the person was asked for this handover and agreed"
    )


def run(args: Namespace, settings: Settings) -> int:
    """Ask for password and code, then write the bundle."""
    password = os.environ.get("BACKUP_PASSWORD") or getpass.getpass("password: ")
    code = os.environ.get("BACKUP_CODE") or input("code: ")
    print(f"written: {asyncio.run(_bundle(args, settings, password, code))}")
    return 0


async def _bundle(args: Namespace, settings: Settings, password: str, code: str) -> Path:
    keys, now = open_keys(settings), datetime.now(UTC)
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        sessions = open_sessions(engine)
        try:
            person = await sign_in(
                sessions, keys=keys, email=args.email, password=password, code=code, now=now
            )
            order = await _order(args, sessions, person)
            maker = _maker(settings, sessions, keys)
            return await asyncio.to_thread(_write, await maker.make(order, now=now), args.directory)
        finally:
            await engine.dispose()


async def _order(args: Namespace, sessions: Sessions, person: SignedIn) -> Order:
    reference = args.reference.upper()
    async with sessions() as session:
        case_id = await session.scalar(select(CaseRow.id).where(CaseRow.reference == reference))
    if case_id is None:
        raise NotAllowedError("there is no such case, or you are not on it")
    return Order(
        case_id=CaseId(case_id),
        reference=reference,
        recipient=args.to,
        language=args.language,
        version=version("backup-crsv"),
        reader=person.account.id,
        identity=person.identity,
        withheld=dict(args.withhold),
        asked_first=args.asked,
    )


def _maker(settings: Settings, sessions: Sessions, keys: KeyProvider) -> Maker:
    catalogs = Catalogs.of(settings)
    return Maker(
        sessions=sessions,
        keys=keys,
        store=open_store(settings),
        catalogs=catalogs,
        chronicle=Chronicler(catalogs, Questionnaire.read(settings.questionnaire or CRSV)),
        known=Known.of(settings),
    )


def _write(parcel: Parcel, directory: Path) -> Path:
    """Write the bundle whole or not at all, without ever writing over another file."""
    target, draft = directory / parcel.name, directory / f".{parcel.name}.part"
    try:
        with draft.open("xb") as file:
            parcel.send(file)
            file.flush()
            os.fsync(file.fileno())
        target.hardlink_to(draft)
    except OSError as error:
        raise ConfigurationError(
            f"{directory} does not take the bundle: {error.strerror}"
        ) from error
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return target


def _receiver(text: str) -> Recipient | ClassicRecipient:
    try:
        return parse_recipient(text)
    except SealError as error:
        raise ArgumentTypeError(str(error)) from None


def _withheld(text: str) -> tuple[RecordId, str]:
    found = re.fullmatch(r"(\d+)=(\w+)", text)
    if found is None or found[2] not in CHOICES:
        raise ArgumentTypeError(f"should be RECORD=REASON, a reason one of {', '.join(CHOICES)}")
    return RecordId(int(found[1])), found[2]
