"""Check the custody log and what it tells of: entries, signatures, checkpoints, records, files.

The log is compared with itself, its signed checkpoints, the one that is remembered outside of the
database, those kept elsewhere, its timestamps and its witnesses; and every record with the entry of
its preservation. With --objects the sealed files are read too.
"""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from backup.database import open_database
from core.database import Sessions, open_engine, open_sessions
from core.settings import Settings
from vault.checkpoint import log_signer, sign_checkpoint
from vault.findings import Finding
from vault.inventory import check_records
from vault.keys import KeyProvider, open_keys
from vault.memory import recall
from vault.note import Verifier
from vault.store import ObjectStore, open_store
from vault.timestamps import read_roots
from vault.verify import LogReport, verify_log
from vault.vouchers import Vouchers, check_vouchers, read_witnesses

FOUND_EXIT = 1
TELL_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All that was checked, and the key that the log signs with."""

    log_key: Verifier
    log: LogReport
    vouchers: Vouchers
    records: tuple[Finding, ...]
    checkpoint: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong."""
        return (*self.log.findings, *self.vouchers.findings, *self.records)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup verify`."""
    parser.add_argument(
        "notes", nargs="*", type=Path, help="checkpoints that were kept elsewhere (files)"
    )
    parser.add_argument(
        "--sign", type=Path, metavar="FILE", help="write a checkpoint of the log to keep elsewhere"
    )
    parser.add_argument(
        "--objects", action="store_true", help="read every sealed file, which may take long"
    )


def run(args: Namespace, settings: Settings) -> int:
    """Say what is intact, or what was changed and where; 1 if anything was found."""
    notes = [path.read_text() for path in args.notes]
    store = open_store(settings) if args.objects else None
    checked = asyncio.run(_verify(settings, notes, store))
    for line in _lines(checked, elsewhere=len(notes)):
        print(line)
    if args.sign and not checked.findings:
        args.sign.write_text(checked.checkpoint)
    return FOUND_EXIT if checked.findings else 0


def _lines(checked: Checked, *, elsewhere: int) -> Iterator[str]:
    yield from map(str, checked.findings)
    for number, actor in checked.log.rekeyed:
        yield f"note: custody entry {number}: {actor} signs with another key from here on"
    for one in checked.vouchers.stamped:
        yield f"time-stamped by {one.name}: {one.size} entries, {one.at:%Y-%m-%d %H:%M} UTC"
    for one in checked.vouchers.witnessed:
        yield f"witnessed by {one.name}: {one.size} entries, {one.at:%Y-%m-%d %H:%M} UTC"
    if checked.vouchers.unchecked:
        yield f"note: {checked.vouchers.unchecked} vouchers could not be checked; no key is set"
    yield f"the log's key: {checked.log_key}"
    if not checked.findings:
        yield f"intact: {checked.log.head.size} entries, {elsewhere} checkpoints from elsewhere"


async def _verify(settings: Settings, notes: list[str], store: ObjectStore | None) -> Checked:
    keys, remembered = open_keys(settings), recall(settings.checkpoint_file)
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        sessions = open_sessions(engine)
        try:
            known = notes if remembered is None else [*notes, remembered]
            checked = await _check(sessions, settings, keys, known, store)
        finally:
            await engine.dispose()
    return checked


async def _check(
    sessions: Sessions,
    settings: Settings,
    keys: KeyProvider,
    notes: list[str],
    store: ObjectStore | None,
) -> Checked:
    witnesses, roots = read_witnesses(settings.witness_keys), read_roots(settings.timestamp_ca)
    async with sessions.begin() as session:
        log_key = (await log_signer(session, keys)).verifier
    async with sessions() as session:
        await _one_state(session)
        checked = Checked(
            log_key=log_key,
            log=await verify_log(session, log_key, notes),
            vouchers=await check_vouchers(session, witnesses, roots),
            records=tuple(await check_records(session, store, _tell)),
        )
    if checked.findings:
        return checked
    async with sessions.begin() as session:
        signed = await sign_checkpoint(session, keys)
    return replace(checked, checkpoint=signed)


async def _one_state(session: AsyncSession) -> None:
    """Read everything as it is at one moment, whatever is written meanwhile."""
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _tell(read: int) -> None:
    if read % TELL_EVERY == 0:
        print(f"{read} files read", file=sys.stderr)
