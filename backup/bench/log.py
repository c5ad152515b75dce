"""How fast the custody log grows, proves and is checked when it is long.

An embedded PostgreSQL with fsync on, in a temporary directory. Appends are whole transactions of
one entry, beside bare inserts of a row of the same size with nothing around them, one after the
other in the same run. The long log is real but for the way in: rows are made ahead and copied.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backup.migrate import migrate
from backup.postgres import Embedded
from core.database import Sessions, open_engine, open_sessions
from core.errors import BackUpError
from core.settings import Settings
from vault import proofs
from vault.age import Identity
from vault.checkpoint import log_signer, sign_checkpoint
from vault.custody import enrol, log
from vault.entries import Act, Action, Entry
from vault.keys import KeyProvider, LocalKeyProvider
from vault.proofs import Proof
from vault.signing import ActorKey, actor_of
from vault.tlog import Frontier
from vault.verify import verify_log

ROUNDS = 5
APPENDS = 200
PROOFS = 100
CASES = 5000
TELL_EVERY = 100_000
COLUMNS = tuple(Entry.__dataclass_fields__)


class NotIntactError(BackUpError):
    """The long log was not found intact: the figures would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Rates a second; times in milliseconds or seconds. `fsync` is what the server says it does."""

    entries: int
    fsync: bool
    appends_per_s: float
    signed_appends_per_s: float
    bare_inserts_per_s: float
    ratio_to_bare_inserts: float
    proof_ms: float
    verify_ms: float
    consistency_ms: float
    self_check_s: float


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup bench log`."""
    parser.add_argument("--entries", type=int, default=1_000_000, help="how long the log is")
    parser.add_argument("--json", action="store_true", help="print JSON, the only form there is")


def run(args: Namespace, _settings: Settings) -> int:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory() as directory:
        server = Embedded(Path(directory) / "postgres")
        try:
            keys = LocalKeyProvider.open(Path(directory) / "server.key")
            figures = asyncio.run(_measure(server.url, keys, args.entries))
        finally:
            server.stop()
    print(json.dumps(asdict(figures)))
    return 0


async def _measure(url: str, keys: KeyProvider, entries: int) -> Figures:
    await migrate(url)
    _say(f"copying {entries} entries")
    await asyncio.to_thread(_fill, url, entries)
    engine = open_engine(url)
    try:
        return await _figures(engine, keys, entries)
    finally:
        await engine.dispose()


async def _figures(engine: AsyncEngine, keys: KeyProvider, entries: int) -> Figures:
    sessions = open_sessions(engine)
    async with sessions() as session:
        fsync = await session.scalar(text("SHOW fsync")) == "on"
    _say("checking the whole log")
    check = await _self_check(sessions, keys)
    _say("proving")
    async with sessions.begin() as session:
        await sign_checkpoint(session, keys)
    prove, verify, consistent = await _proving(sessions, keys, entries)
    _say("appending")
    plain, signed, bare = await _appending(sessions, engine)
    return Figures(
        entries=entries,
        fsync=fsync,
        appends_per_s=round(1 / plain, 1),
        signed_appends_per_s=round(1 / signed, 1),
        bare_inserts_per_s=round(1 / bare, 1),
        ratio_to_bare_inserts=round(plain / bare, 2),
        proof_ms=round(prove * 1000, 2),
        verify_ms=round(verify * 1000, 3),
        consistency_ms=round(consistent * 1000, 2),
        self_check_s=round(check, 1),
    )


async def _self_check(sessions: Sessions, keys: KeyProvider) -> float:
    """Seconds that the check at a start takes."""
    async with sessions.begin() as session:
        log_key = (await log_signer(session, keys)).verifier
    async with sessions() as session:
        began = time.perf_counter()
        report = await verify_log(session, log_key, exact=False)
        taken = time.perf_counter() - began
    if not report.intact:
        raise NotIntactError("the log that was copied is not intact")
    return taken


async def _proving(
    sessions: Sessions, keys: KeyProvider, entries: int
) -> tuple[float, float, float]:
    """Median seconds to prove an entry, to verify that, and to prove that the log only grew."""
    async with sessions.begin() as session:
        log_key = (await log_signer(session, keys)).verifier
    proving, verifying, growing = [], [], []
    async with sessions() as session:
        leaf = text("SELECT leaf FROM custody_entries WHERE sequence = :number")
        for place in range(PROOFS):
            number = 1 + place * (entries - 1) // PROOFS
            expected = await session.scalar(leaf, {"number": number})
            began = time.perf_counter()
            proof = str(await proofs.prove(session, number))
            proven = time.perf_counter()
            Proof.parse(proof).verify(expected, log_key)
            verified = time.perf_counter()
            await proofs.consistency(session, number, entries)
            growing.append(time.perf_counter() - verified)
            proving.append(proven - began)
            verifying.append(verified - proven)
    return statistics.median(proving), statistics.median(verifying), statistics.median(growing)


async def _appending(sessions: Sessions, engine: AsyncEngine) -> tuple[float, float, float]:
    """Seconds for an append, a signed one, and a bare insert: the best of several rounds."""
    key, professional = ActorKey.of(Identity.generate()), uuid4()
    async with sessions.begin() as session:
        enrol(session, professional, key)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL ROLE NONE"))
        await connection.execute(text("CREATE TABLE bare (LIKE custody_entries INCLUDING ALL)"))
        await connection.execute(text("GRANT INSERT ON bare TO backup_app"))
    act = Act(actor="survivor", action=Action.PRESERVE, case_id=uuid4(), sha256=bytes(32), size=1)
    hers = Act(actor=actor_of(professional), action=Action.VIEW, case_id=uuid4())

    async def append() -> None:
        async with sessions.begin() as session:
            log(session, act)

    async def sign() -> None:
        async with sessions.begin() as session:
            log(session, hers, key)

    numbers = iter(range(1, 2**31))
    insert = text(
        "INSERT INTO bare (sequence, at, actor, action, case_id, sha256, size, salt, leaf, node)"
        " VALUES (:n, now(), 'survivor', 'preserve', :case, :h, 1, :h, :h, :h)"
    )

    async def put() -> None:
        row = {"n": next(numbers), "case": act.case_id, "h": os.urandom(32)}
        async with sessions.begin() as session:
            await session.execute(insert, row)

    rounds = [[await _each(step) for step in (append, sign, put)] for _ in range(ROUNDS)]
    plain, signed, bare = (min(times) for times in zip(*rounds, strict=True))
    return plain, signed, bare


async def _each(step: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    for _ in range(APPENDS):
        await step()
    return (time.perf_counter() - began) / APPENDS


def _fill(url: str, entries: int) -> None:
    columns = ", ".join(COLUMNS)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY custody_entries ({columns}) FROM STDIN") as copy:
            for entry in _made(entries):
                copy.write_row([getattr(entry, name) for name in COLUMNS])
                if entry.sequence % TELL_EVERY == 0:
                    _say(f"{entry.sequence} entries")
        cursor.execute("ANALYZE custody_entries")


def _made(entries: int) -> Iterator[Entry]:
    """A log as a busy year makes it: a third of the entries signed by one of its professionals.

    Each of these bears the same signature, for making them takes long; the self-check looks at
    whose they claim to be.
    """
    frontier, at, hers = Frontier(), datetime(2026, 1, 1, tzinfo=UTC), uuid4()
    key, cases = _Quick(), [uuid4() for _ in range(CASES)]
    enrolment = Act(actor=actor_of(hers), action=Action.ENROL)
    entry, frontier = enrolment.entered(frontier, at=at, salt=os.urandom(32), signer=key)
    yield entry
    for number in range(2, entries + 1):
        seen = number % 3 == 0
        act = Act(
            actor=actor_of(hers) if seen else "survivor",
            action=Action.VIEW if seen else Action.PRESERVE,
            case_id=cases[number % CASES],
            record_id=number,
            sha256=os.urandom(32),
            size=number,
        )
        at += timedelta(milliseconds=1)
        entry, frontier = act.entered(
            frontier, at=at, salt=os.urandom(32), signer=key if seen else None
        )
        yield entry


class _Quick(ActorKey):
    """A key that signs everything alike."""

    def __init__(self) -> None:
        super().__init__(os.urandom(32))
        self._signature = super().sign(b"")

    def sign(self, message: bytes) -> bytes:
        """Always the same."""
        del message
        return self._signature


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
