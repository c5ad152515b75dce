"""Renewing the server's key: every value that it wraps is wrapped anew; no object is touched.

Each row is changed for itself and says which key it is under, so that a run that was killed at any
line is taken up by the next one. The old key stays in the key file until nothing in the whole
database is under it. The key of fingerprints stays: return codes and passwords exist nowhere but in
what was made from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    RowMapping,
    bindparam,
    column,
    exists,
    func,
    select,
    table,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from backup.migrate import metadata
from core.errors import BackUpError
from vault.errors import SealError
from vault.keys import KeyProvider
from vault.keys.file import KeyFile
from vault.keys.provider import KeyRing, mark

PAGE = 500


class RotationError(BackUpError):
    """The old key still serves; it was kept, and the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A column of values that the server's key wraps, and how each row's context is written."""

    table: str
    column: str
    context: str
    only: str = "true"
    """An SQL condition, where other rows of the table hold something else."""

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"

    def context_of(self, row: RowMapping) -> str:
        """The context of one row's value; bytes stand in it as hexadecimal digits."""
        words = {k: v.hex() if isinstance(v, bytes) else v for k, v in row.items()}
        return self.context.format(**words)


USES = (
    Use(table="cases", column="card", context="card:{id}"),
    Use(table="conversations", column="wrapped_key", context="conversation:{id}"),
    Use(table="custody_signers", column="sealed", context="custody-signer:{origin}"),
    Use(table="holds", column="reason", context="hold:{case_id}"),
    Use(table="passkeys", column="name", context="passkey:{id}:name"),
    Use(table="professionals", column="profile", context="professional:{id}:profile"),
    Use(table="professionals", column="totp", context="professional:{id}:totp"),
    Use(table="simulated_deliveries", column="wrapped_key", context="simulated:{part}"),
    Use(table="simulated_files", column="wrapped_key", context="simulated-file:{id}"),
    Use(table="wraps", column="sealed", context="dispatch:{case_id}", only="holder = 'dispatch'"),
)


async def rotate(
    engine: AsyncEngine, now: KeyFile, wanted: KeyFile, *, say: Callable[[str], None]
) -> None:
    """Renew the key, or finish a renewal that was interrupted; `wanted` may be under another guard.

    Nobody else may use the database meanwhile: a process that knows the old key alone can't open
    what is wrapped anew.

    Raises:
        RotationError: somebody else uses the database, or something stays under the old key.
    """
    await _require_alone(engine)
    keys = now.read()
    if keys.previous is None:
        keys = keys.renewed()
        wanted.replace(keys)
    else:
        say("an interrupted renewal goes on")
    ring = KeyRing(keys)
    damaged = 0
    for use in USES:
        done, failed = await _rewrap(engine, use, ring, mark(keys.current))
        damaged += failed
        say(f"{use}: {done} wrapped anew" + (f", {failed} do not open" if failed else ""))
    if damaged:
        raise RotationError(
            f"{damaged} values open under neither key and were left; the old key is kept"
        )
    if keys.previous and (left := await _under(engine, mark(keys.previous))):
        raise RotationError(f"still under the old key, which is kept: {', '.join(left)}")
    wanted.replace(keys.settled())


async def fits(engine: AsyncEngine, keys: KeyProvider) -> bool:
    """Whether a server's key opens what it should: the first value of each use that has one."""
    async with engine.connect() as connection:
        for use in USES:
            rows_of = metadata().tables[use.table]
            some = rows_of.c[use.column].is_not(None)
            query = select(rows_of).where(some, text(use.only)).limit(1)
            for row in (await connection.execute(query)).mappings():
                try:
                    keys.unwrap(row[use.column], context=use.context_of(row))
                except SealError:
                    return False
    return True


async def _require_alone(engine: AsyncEngine) -> None:
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
    )
    async with engine.connect() as connection:
        count = await connection.scalar(others)
    if count:
        raise RotationError(
            f"the database is in use by {count} other connections; stop BackUp on every machine"
            " first"
        )


async def _rewrap(engine: AsyncEngine, use: Use, ring: KeyRing, current: bytes) -> tuple[int, int]:
    """Wrap a column anew, page by page; how many rows were, and how many do not open."""
    rows_of = metadata().tables[use.table]
    key, value = rows_of.primary_key.columns[0], rows_of.c[use.column]
    stale = func.substring(value, 1, len(current)) != current
    query = select(rows_of).where(stale, text(use.only)).order_by(key).limit(PAGE).with_for_update()
    put = update(rows_of).where(key == bindparam("row")).values({value: bindparam("sealed_anew")})
    done, failed, last = 0, 0, None
    while True:
        async with engine.begin() as connection:
            page = query if last is None else query.where(key > last)
            rows = (await connection.execute(page)).mappings().all()
            if not rows:
                return done, failed
            last = rows[-1][key.name]
            changes = _anew(use, rows, key.name, ring)
            if changes:
                await connection.execute(put, changes)
        done, failed = done + len(changes), failed + len(rows) - len(changes)


def _anew(use: Use, rows: Sequence[RowMapping], key: str, ring: KeyRing) -> list[dict[str, object]]:
    changes: list[dict[str, object]] = []
    for row in rows:
        context, wrapped = use.context_of(row), row[use.column]
        try:
            plain = ring.unwrap(wrapped, context=context) if isinstance(wrapped, bytes) else b""
        except SealError:
            continue
        changes.append({"row": row[key], "sealed_anew": ring.wrap(plain, context=context)})
    return changes


async def _under(engine: AsyncEngine, old: bytes) -> list[str]:
    """The columns of the whole database that hold anything under a key, known to us or not."""
    query = text(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE data_type = 'bytea' AND table_type = 'BASE TABLE'"
        " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    found = []
    async with engine.connect() as connection:
        for schema, place, name in (await connection.execute(query)).all():
            head = func.substring(column(name), 1, len(old))
            under = select(head).select_from(table(place, schema=schema)).where(head == old)
            if await connection.scalar(select(exists(under))):
                found.append(f"{place}.{name}")
    return found
