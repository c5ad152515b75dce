"""Bring a server back from a dump, into a database that is empty; or --check that a dump is whole.

The whole file is read and checked first; a dump that was changed or cut is refused before anything
is written. Then come the objects, then the database, in one transaction: a restore that is cut off
is begun again. At the end the custody log is checked, and that the server's key fits.

The server's own key must be there first, unless the dump holds it: put its copy at keys/server.key
below the data directory, or go on --without-key: then professionals must be enrolled again, cases
open by escrow alone, and no chat goes on.

What people had erased since the dump was made is back afterwards. Who keeps a later checkpoint of
the log elsewhere sees by `backup verify CHECKPOINT` that the database is an older one.
"""

import asyncio
import hashlib
import json
import os
import subprocess
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import psycopg
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from backup.alone import alone
from backup.database import Database, open_database
from backup.migrate import migrate
from backup.moment import (
    ABOUT,
    DATABASE,
    KEY,
    OBJECTS,
    PLAIN,
    VERSIONS,
    DumpError,
    Tally,
    environment,
    program,
    references,
)
from backup.rotation import fits
from core.database import open_engine, open_sessions
from core.errors import ConfigurationError, GoneError
from core.settings import Settings
from vault.age import Identity
from vault.archive import Part, read_archive
from vault.errors import SealError
from vault.keys import open_keys
from vault.keys.chosen import key_file
from vault.store import ObjectStore, digest_of, open_store
from vault.verify import check_log

VERSION = 1
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """What a dump says of itself, once it was read to its end."""

    made: str
    shape: str
    escrow: str
    key: bytes | None
    tally: Tally


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup restore`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path, help="what `backup dump` wrote")
    parser.add_argument(
        "-i", "--identity", type=Path, required=True, help="the key file that opens it, as for age"
    )
    parser.add_argument("--check", action="store_true", help="only read it all; write nothing")
    parser.add_argument("--without-key", action="store_true", help="go on without the server's key")


def run(args: Namespace, settings: Settings) -> int:
    """Check the file; then, unless that was all, restore it."""
    for path in (args.file, args.identity):
        if not path.is_file():
            raise ConfigurationError(f"there is no file {path}")
    identity = _identity(args.identity)
    with args.file.open("rb") as file:
        dump = check(file, identity)
        print(f"whole: made {dump.made}, {dump.tally}")
        if args.check:
            return 0
        with alone(settings.backup_data):
            _prepare(dump, settings, without_key=args.without_key)
            file.seek(0)
            return asyncio.run(_restore(file, identity, dump, settings))


def check(file: BinaryIO, identity: Identity) -> Dump:
    """Read a dump from beginning to end, writing nothing.

    Raises:
        SealError: it is not whole, or sealed to another key.
        DumpError: it is of a later version of this program.
    """
    about: dict[str, Any] = {}
    key, tally = None, Tally()
    for part in read_archive(file, identity):
        if part.name == ABOUT:
            about = json.loads(_content(part))
        elif part.name == KEY:
            key = _content(part)
        else:
            _count(part, tally)
    if about.get("version") != VERSION:
        raise DumpError("this file is no dump, or one of a later version of BackUp")
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(about["shape"])
    except CommandError:
        raise DumpError("this dump is of a later version of BackUp; restore it with that") from None
    return Dump(
        made=about["made"], shape=about["shape"], escrow=about["escrow"], key=key, tally=tally
    )


def _count(part: Part, tally: Tally) -> None:
    if part.name.startswith(OBJECTS):
        _require_named(part)
        tally.objects += 1
        tally.object_bytes += part.size
    elif part.name.startswith(VERSIONS):
        tally.listed += _content(part).count(b"\n")
    elif part.name.startswith(DATABASE):
        tally.database_bytes += sum(map(len, part.blocks))
    tally.tell()


def _require_named(part: Part) -> None:
    digest = hashlib.sha256()
    for block in part.blocks:
        digest.update(block)
    if part.name != OBJECTS + digest.hexdigest():
        raise SealError("an object in the dump is not the one that its name says")


def _prepare(dump: Dump, settings: Settings, *, without_key: bool) -> None:
    """Put keys where they belong.

    Raises:
        ConfigurationError: there is none, or another one.
    """
    path = key_file(settings).path
    if dump.key is None and not path.exists() and not without_key:
        raise ConfigurationError(
            f"the server's key is not in this dump; put its copy at {path}, or say --without-key"
        )
    if dump.key is not None:
        _put(path, dump.key)
    if settings.escrow_recipient is None:
        _put(path.with_name("escrow.recipient"), f"{dump.escrow}\n".encode())


def _put(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, unless it is there already and the same."""
    if path.exists():
        if path.read_bytes() != content:
            raise ConfigurationError(f"another {path} is in place; move it away first")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.restored")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


async def _restore(file: BinaryIO, identity: Identity, dump: Dump, settings: Settings) -> int:
    store = open_store(settings)
    async with open_database(settings) as database:
        await asyncio.to_thread(_require_empty, database.owner_url)
        parts = read_archive(file, identity)
        await asyncio.to_thread(_fill, parts, store, database.owner_url)
        await migrate(database.owner_url)
        missing = await asyncio.to_thread(_missing, store, database.owner_url)
        fits = await _tell(database, settings)
    print(f"restored: {dump.tally}")
    if missing:
        print(f"{missing} objects that records refer to are not in the store")
    return 0 if fits and not missing else 1


def _require_empty(url: str) -> None:
    something = (
        "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace"
        " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'))"
    )
    with psycopg.connect(url) as connection:
        if connection.execute(something).fetchone() != (False,):
            raise DumpError(
                "the database is not empty; restore into a fresh one (another BACKUP_DATA or"
                " DATABASE_URL)"
            )


def _fill(parts: Iterable[Part], store: ObjectStore, url: str) -> None:
    """Objects as they come, then the database, which is there once the dump has ended well."""
    tally = Tally()
    with _loading(url) as sink:
        for part in parts:
            if part.name.startswith(OBJECTS):
                ref = store.put(part.stream())
                if OBJECTS + digest_of(ref) != part.name:
                    raise SealError("an object in the dump is not the one that its name says")
                tally.objects += 1
                tally.object_bytes += part.size
            elif part.name.startswith(DATABASE):
                for block in part.blocks:
                    sink.write(block)
                    tally.database_bytes += len(block)
            else:
                _content(part)
            tally.tell()


@contextmanager
def _loading(url: str) -> Iterator[IO[bytes]]:
    """Where the database goes; it is committed as a whole when the block ends well, else not."""
    command = (
        program("pg_restore"),
        "--single-transaction",
        "--exit-on-error",
        "--dbname=",
        *PLAIN,
    )
    process = subprocess.Popen(  # noqa: S603
        command,
        env=environment(url),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        # What it says may quote rows.
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None  # noqa: S101 - narrows the type
    try:
        yield process.stdin
        process.stdin.close()
    except BrokenPipeError:
        pass  # it has ended, and says so below
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
        with suppress(BrokenPipeError):
            process.stdin.close()
    if process.returncode:
        raise DumpError(
            "PostgreSQL did not take the dump, and nothing of it was kept; it may be an older"
            " version than the dump is of"
        )


def _missing(store: ObjectStore, url: str) -> int:
    """How many objects that rows refer to are not in the store."""
    count = 0
    with psycopg.connect(url) as connection:
        for ref in references(connection):
            try:
                store.open(ref).close()
            except GoneError:
                count += 1
    return count


async def _tell(database: Database, settings: Settings) -> bool:
    """Whether the log is intact and the server's key fits."""
    engine = open_engine(database.url)
    try:
        async with open_sessions(engine)() as session:
            report = await check_log(session, exact=False)
        print(*report.findings, f"custody log: {report.head.size} entries", sep="\n")
        if not key_file(settings).path.exists():
            print("without the server's key: enrol professionals anew; escrow opens the cases")
            return report.intact
        fitting = await fits(engine, open_keys(settings))
    finally:
        await engine.dispose()
    if fitting:
        print("the server's key fits")
    else:
        print("the server's key does NOT fit: put the right copy in place before `backup up`")
    return report.intact and fitting


def _identity(path: Path) -> Identity:
    lines = [line.strip() for line in path.read_text().splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if len(keys) != 1:
        raise ConfigurationError(f"{path} should hold one identity, AGE-SECRET-KEY-PQ-1…")
    return Identity.parse(keys[0])


def _content(part: Part) -> bytes:
    return b"".join(part.blocks)
