"""Write a case's own key and its sealed files to a directory, for the public tool `age`.

Only a professional on the case can do this, with password and code; it leaves a custody entry.
"""

import asyncio
import getpass
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backup.database import open_database
from core.database import Sessions, open_engine, open_sessions
from core.errors import NotAllowedError
from core.identifiers import CaseId
from core.settings import Settings
from referrals.professionals import SignedIn, sign_in
from referrals.tables import CaseRow
from vault.disclose import export_identities
from vault.keys import open_keys
from vault.store import ObjectRef, ObjectStore, open_store
from vault.tables import SealedRecord


@dataclass(frozen=True, slots=True)
class Exported:
    """A case's secret identities, a line each, and its sealed files by name."""

    identities: str = field(repr=False)
    files: Mapping[str, bytes]


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup export`."""
    parser.add_argument("reference", help="the case's reference, as the dashboard shows it")
    parser.add_argument("directory", type=Path, help="where to write; it must not exist yet")
    parser.add_argument("--as", dest="email", required=True, help="the professional's e-mail")


def run(args: Namespace, settings: Settings) -> int:
    """Ask for password and code, then write the files."""
    password = os.environ.get("BACKUP_PASSWORD") or getpass.getpass("password: ")
    code = os.environ.get("BACKUP_CODE") or input("code: ")
    _write(asyncio.run(_export(args, settings, password, code)), args.directory)
    print(f"open with: age -d -i {args.directory}/case.key {args.directory}/*-report.age")
    return 0


async def _export(args: Namespace, settings: Settings, password: str, code: str) -> Exported:
    keys = open_keys(settings)
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        sessions = open_sessions(engine)
        signed_in = await sign_in(
            sessions,
            keys=keys,
            email=args.email,
            password=password,
            code=code,
            now=datetime.now(UTC),
        )
        store = open_store(settings)
        exported = await _collect(sessions, store, signed_in, args.reference)
        await engine.dispose()
    return exported


async def _collect(
    sessions: Sessions, store: ObjectStore, signed_in: SignedIn, reference: str
) -> Exported:
    async with sessions.begin() as session:
        case_id = await _case(session, reference)
        identities = await export_identities(
            session, case_id, reader=signed_in.account.id, identity=signed_in.identity
        )
        records = await session.scalars(
            select(SealedRecord).where(SealedRecord.case_id == case_id).order_by(SealedRecord.id)
        )
        files = {f"{row.id:08}-{row.kind}.age": _sealed(row, store) for row in records}
    return Exported("".join(f"{one.export()}\n" for one in identities), files)


def _write(exported: Exported, directory: Path) -> None:
    directory.mkdir(mode=0o700)
    key = directory / "case.key"
    key.touch(mode=0o600)
    key.write_text(exported.identities)
    for name, sealed in exported.files.items():
        (directory / name).write_bytes(sealed)


async def _case(session: AsyncSession, reference: str) -> CaseId:
    case_id = await session.scalar(select(CaseRow.id).where(CaseRow.reference == reference.upper()))
    if case_id is None:
        raise NotAllowedError("there is no such case, or you are not on it")
    return CaseId(case_id)


def _sealed(row: SealedRecord, store: ObjectStore) -> bytes:
    if row.object is None:
        return row.sealed or b""
    with store.open(ObjectRef(row.object)) as file:
        return file.read()
