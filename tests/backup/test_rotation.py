"""Renewing the server's key: everything opens as before, and nothing is left under the old one."""

import ast
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pyotp
import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from backup.migrate import metadata
from backup.rotation import USES, RotationError, rotate
from bots.simulator import adapter as simulator
from bots.simulator.files import SimulatedFiles
from bots.simulator.tables import SimulatedDelivery
from core.database import Sessions, open_engine, open_sessions
from core.identifiers import CaseId
from referrals import passkeys
from referrals.accounts import Enrolment, Profile
from referrals.cases import Sealing, open_from_report
from referrals.conversation import Conversation, fresh_row
from referrals.professionals import enrol, sign_in
from referrals.tables import ConversationRow
from tests.support.desk import CHEAP, PASSWORD, REPORT, START
from vault import holds
from vault.age import Identity
from vault.cases import admit
from vault.checkpoint import log_signer
from vault.envelope import DataKey
from vault.keys import KeyProvider, LocalKeyProvider
from vault.keys.file import Clear, KeyFile
from vault.keys.provider import mark
from vault.signing import ActorKey
from vault.store import DirectoryStore
from vault.tables import Hold

ROOT = Path(__file__).parents[2]
EMAIL = "doctor@example.org"
DRAFT = {"answers": "so far"}


def quiet(_: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server on which everything that its key wraps is there at least once."""

    file: KeyFile
    url: str
    engine: AsyncEngine
    data: Path

    @property
    def keys(self) -> KeyProvider:
        return LocalKeyProvider.open(self.file.path)

    async def rotate(self) -> None:
        await rotate(self.engine, self.file, self.file, say=quiet)

    async def marks(self) -> set[bytes]:
        """How the values begin that any key wraps; every column of use has some."""
        found: set[bytes] = set()
        async with self.engine.connect() as connection:
            for use in USES:
                rows_of = metadata().tables[use.table]
                head = func.substring(rows_of.c[use.column], 1, 9)
                heads = list(await connection.scalars(select(head).where(text(use.only))))
                assert heads, f"{use} has no rows in this test"
                found.update(heads)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was put into a server."""

    case_id: CaseId
    conversation: UUID
    doctor: Enrolment
    log_key: str


@pytest.fixture
async def server(database_url: str, data: Path) -> AsyncIterator[Server]:
    file = KeyFile(data / "keys" / "server.key", Clear())
    file.read_or_make()
    engine = open_engine(database_url, owner=True, size=1)
    yield Server(file=file, url=database_url, engine=engine, data=data)
    await engine.dispose()


@pytest.fixture
async def filled(server: Server) -> Filled:
    sessions, keys = open_sessions(server.engine), server.keys
    sealing = Sealing(
        keys=keys,
        store=DirectoryStore(server.data / "objects"),
        escrow=Identity.generate().recipient,
    )
    profile = Profile(name="Doctor", email=EMAIL, services=("health",), languages=("fr",))
    async with sessions.begin() as session:
        doctor = await enrol(
            session, keys=keys, profile=profile, password=PASSWORD, now=START, cost=CHEAP
        )
        row = fresh_row(keys, "sms", "+15005550006", lapses_at=START + timedelta(hours=1))
        session.add(row)
        await session.flush()
        conversation = Conversation.unlock(row, keys)
        facts = {**REPORT, "submitted_at": START.isoformat()}
        case_id = await open_from_report(
            session, sealing, conversation, facts, asked=False, now=START
        )
        signer = await log_signer(session, keys)
        await _simulated(session, keys)
        reason = keys.wrap(b"a trial", context=holds._context(case_id))
        session.add(Hold(case_id=case_id, placed_by=uuid4(), reason=reason, placed_at=START))
        session.add(
            passkeys.PasskeyRow(
                id=(identifier := os.urandom(16)),
                professional_id=doctor.account.id,
                name=keys.wrap(b"phone", context=passkeys._bound_name(identifier)),
                public_key=b"",
                sign_count=0,
                identity=b"",
                created_at=START,
            )
        )
    await _file(sessions, keys)
    return Filled(case_id=case_id, conversation=row.id, doctor=doctor, log_key=str(signer.verifier))


async def _simulated(session: AsyncSession, keys: KeyProvider) -> None:
    part, key = uuid4(), DataKey.generate()
    context = simulator._context(part)
    row = {"channel": "sms", "phone": b"", "part": part, "body": key.seal(b"x", context=context)}
    wrapped = key.wrapped(keys, context)
    await session.execute(insert(SimulatedDelivery).values(**row, wrapped_key=wrapped))


async def _file(sessions: Sessions, keys: KeyProvider) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a picture"

    await SimulatedFiles(sessions, keys).keep(chunks())


async def works(server: Server, filled: Filled) -> None:
    """Everything that needs the server's key does what it did before."""
    sessions, keys = open_sessions(server.engine), server.keys
    for use in USES:
        rows_of = metadata().tables[use.table]
        async with server.engine.connect() as connection:
            rows = (await connection.execute(select(rows_of).where(text(use.only)))).mappings()
            for row in rows:
                assert keys.unwrap(row[use.column], context=use.context_of(row))
    async with sessions.begin() as session:
        assert str((await log_signer(session, keys)).verifier) == filled.log_key
        conversation = await session.get_one(ConversationRow, filled.conversation)
        assert Conversation.unlock(conversation, keys).address == "+15005550006"


async def test_everything_opens_and_nothing_is_under_the_old_key(
    server: Server, filled: Filled
) -> None:
    old = server.file.read()
    objects = {path: path.stat() for path in (server.data / "objects").rglob("*")}
    assert await server.marks() == {mark(old.current)}
    await server.rotate()
    new = server.file.read()
    assert new.previous is None
    assert new.current != old.current
    assert await server.marks() == {mark(new.current)}
    assert {path: path.stat() for path in (server.data / "objects").rglob("*")} == objects
    await works(server, filled)


async def test_people_sign_in_and_take_cases_as_before(server: Server, filled: Filled) -> None:
    await server.rotate()
    sessions, now = open_sessions(server.engine), START + timedelta(minutes=5)
    code = pyotp.TOTP(filled.doctor.totp_secret).at(now)
    signed_in = await sign_in(
        sessions, keys=server.keys, email=EMAIL, password=PASSWORD, code=code, now=now
    )
    async with sessions.begin() as session:
        await admit(
            session,
            filled.case_id,
            keys=server.keys,
            professional=signed_in.account.id,
            recipient=signed_in.account.recipient,
            signer=ActorKey.of(signed_in.identity),
        )


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from backup.rotation import rotate
from core.database import open_engine
from vault.keys.file import Clear, KeyFile

def die(line, lines=iter(range(1, 99))):
    if next(lines) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

file = KeyFile(Path(sys.argv[1]), Clear())
asyncio.run(rotate(open_engine(sys.argv[2], owner=True, size=1), file, file, say=die))
"""


@pytest.mark.parametrize("after", [1, 5, len(USES)])
async def test_a_run_that_is_killed_is_taken_up_and_all_works_meanwhile(
    server: Server, filled: Filled, after: int
) -> None:
    old = server.file.read()
    await server.engine.dispose()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, server.file.path, server.url, str(after), cwd=ROOT
    )
    assert await process.wait() == -signal.SIGKILL
    between = server.file.read()
    assert between.previous == old.current
    await works(server, filled)
    await server.engine.dispose()
    await server.rotate()
    assert server.file.read() == between.settled()
    assert await server.marks() == {mark(between.current)}
    await works(server, filled)


@pytest.mark.usefixtures("filled")
async def test_a_use_that_is_not_known_here_keeps_the_old_key(server: Server) -> None:
    wrapped = server.keys.wrap(b"a key", context="a use of tomorrow")
    async with server.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE tomorrow (id int, sealed bytea)"))
        await connection.execute(
            text("INSERT INTO tomorrow VALUES (1, :wrapped)"), {"wrapped": wrapped}
        )
    with pytest.raises(RotationError, match=r"tomorrow\.sealed"):
        await server.rotate()
    assert server.keys.unwrap(wrapped, context="a use of tomorrow") == b"a key"
    async with server.engine.begin() as connection:
        await connection.execute(text("DROP TABLE tomorrow"))
    await server.rotate()
    assert server.file.read().previous is None


@pytest.mark.usefixtures("filled")
async def test_a_damaged_value_is_told_and_left_and_keeps_the_old_key(server: Server) -> None:
    async with server.engine.begin() as connection:
        await connection.execute(text("UPDATE custody_signers SET sealed = '\\x0203'"))
    with pytest.raises(RotationError, match="1 values open under neither key"):
        await server.rotate()
    assert server.file.read().previous is not None


async def test_nobody_else_may_use_the_database_meanwhile(
    server: Server, sessions: Sessions
) -> None:
    before = server.file.path.read_bytes()
    async with sessions() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(RotationError, match="1 other connections; stop BackUp"):
            await server.rotate()
    assert server.file.path.read_bytes() == before


def test_every_module_that_wraps_is_known_here() -> None:
    """A new one goes into `USES` with its column and context, and then here."""
    rooms = [path for room in ("bots", "dashboard", "referrals", "vault") for path in room_of(room)]
    assert {str(path.relative_to(ROOT)) for path in rooms if wraps(path)} == {
        "bots/simulator/adapter.py",
        "bots/simulator/files.py",
        "referrals/cases.py",
        "referrals/conversation.py",
        "referrals/passkeys.py",
        "referrals/professionals.py",
        "referrals/renewal.py",
        "vault/cases.py",
        "vault/checkpoint.py",
        "vault/drafts.py",
        "vault/envelope.py",
        "vault/holds.py",
    }


def room_of(name: str) -> list[Path]:
    return [path for path in (ROOT / name).rglob("*.py") if "keys" not in path.parts]


def wraps(path: Path) -> bool:
    """Whether a module has a provider wrap something: `….wrap(key, context=…)`."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    return bool(names & {"wrap", "wrapped"}) and "keys" in path.read_text().lower()
