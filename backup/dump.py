"""Write everything that a recovery needs into one sealed file: database and objects.

The dump is one moment of the running server: nothing need be stopped. It is sealed to the escrow
key, or to the keys given by --recipient, and opens with that key's secret half alone.

Objects in a bucket are not copied: the dump lists their versions, and the bucket stays where they
are. The server's own key (keys/server.key) is not in it, unless it is sealed by KMS, or --with-key
is given. A recovery needs both: without the server's key nobody signs in, nobody's chat goes on,
and cases open by escrow alone. So keep a copy of keys/server.key somewhere else than the dumps; or
give --with-key, and whoever has the escrow key and a dump has the whole server.

A dump also holds what people will ask to be erased later. Erase dumps on a schedule, and say to the
people how long one is kept.
"""

import asyncio
import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from backup.database import open_database
from backup.escrow import escrow_recipient
from backup.moment import Moment, Tally
from core.errors import ConfigurationError
from core.settings import Settings
from vault.age import Recipient
from vault.archive import write_archive
from vault.errors import SealError
from vault.keys.chosen import key_file
from vault.keys.file import Clear, guard_of
from vault.store import open_store


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup dump`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path, help="where to write; it must not exist yet")
    parser.add_argument("--recipient", action="append", default=[], metavar="age1pq1…")
    parser.add_argument("--with-key", action="store_true", help="put the server's key in too")


def run(args: Namespace, settings: Settings) -> int:
    """Write the file, whole or not at all."""
    if args.file.exists():
        raise ConfigurationError(f"{args.file} exists already; nothing was written")
    named = args.recipient or [escrow_recipient(settings)]
    try:
        recipients = [Recipient.parse(text) for text in named]
    except SealError as error:
        raise ConfigurationError(f"--recipient should be age1pq1…: {error}") from None
    tally = asyncio.run(_dump(args, settings, recipients))
    print(f"{args.file}: {tally}, {args.file.stat().st_size / 1e6:.1f} MB")
    if tally.missing:
        print(
            f"{tally.missing} objects were erased meanwhile, or are lost (`backup verify --objects`"
            " tells)",
            file=sys.stderr,
        )
    return 0


async def _dump(args: Namespace, settings: Settings, recipients: list[Recipient]) -> Tally:
    store, key, tally = open_store(settings), key_file(settings).path, Tally()
    with_key = args.with_key or (key.exists() and guard_of(key) != Clear.name)
    async with open_database(settings) as database:
        moment = Moment(
            url=database.owner_url,
            store=store,
            copied=settings.s3_bucket is None,
            key=key if with_key else None,
            escrow=escrow_recipient(settings),
            tally=tally,
        )
        await asyncio.to_thread(_write, args.file, moment, recipients)
    return tally


def _write(path: Path, moment: Moment, recipients: list[Recipient]) -> None:
    """Write beside it, and give it its name when it is whole and on the disk."""
    draft = path.with_name(f".{path.name}.partial")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            write_archive(moment.parts(), file, recipients)
            os.fsync(file.fileno())
        os.link(draft, path)
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
