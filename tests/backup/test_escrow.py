"""Recovery by escrow the whole way, each step the command that a person runs."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from core.database import Sessions
from core.errors import NotAllowedError
from core.identifiers import CaseId
from referrals.accounts import Enrolment, Profile
from referrals.credentials import Cost
from referrals.professionals import enrol, sign_in
from referrals.renewal import start_anew
from referrals.tables import CaseRow
from tests.vault.desk import NOW
from vault.age import Identity, Recipient
from vault.age.open import unseal
from vault.cases import admit, open_case
from vault.colleagues import let_go, let_in
from vault.disclose import disclose
from vault.keys import LocalKeyProvider
from vault.preserve import preserve_record
from vault.signing import ActorKey
from vault.store import DirectoryStore
from vault.tables import CustodyEntry, SealedRecord

CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    code: int
    out: str
    problem: str


def backup(*words: object, typed: str = "", environment: Mapping[str, str] | None = None) -> Result:
    """Run a command as a process of its own; without an environment it knows no database."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "backup", *map(str, words)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Result(code=done.returncode, out=done.stdout, problem=done.stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Escrow:
    """Five people with a share each."""

    recipient: Recipient
    sheets: tuple[Path, ...]

    def options(self, *numbers: int) -> list[object]:
        return [word for n in numbers for word in ("--share", self.sheets[n - 1])]


@pytest.fixture(scope="module")
def escrow(tmp_path_factory: pytest.TempPathFactory) -> Escrow:
    places = [tmp_path_factory.mktemp(f"safe{number}") for number in range(1, 6)]
    made = backup("escrow", "create", *places)
    assert made.code == 0, made.problem
    line = next(line for line in made.out.splitlines() if line.startswith("ESCROW_RECIPIENT="))
    return Escrow(
        recipient=Recipient.parse(line.partition("=")[2]),
        sheets=tuple(next(place.iterdir()) for place in places),
    )


@dataclass(kw_only=True)
class Server:
    """Where BackUp runs."""

    sessions: Sessions
    keys: LocalKeyProvider
    store: DirectoryStore
    escrow: Escrow
    environment: Mapping[str, str]

    def backup(self, *words: object) -> Result:
        return backup(*words, environment=self.environment)

    async def enrol(self, name: str) -> tuple[Enrolment, Identity]:
        profile = Profile(name=name, email=f"{name}@example.org", services=("health",))
        async with self.sessions.begin() as session:
            person = await enrol(session, keys=self.keys, profile=profile, now=NOW, cost=CHEAP)
        return person, await self.identity(person)

    async def identity(self, person: Enrolment) -> Identity:
        signed_in = await sign_in(
            self.sessions,
            keys=self.keys,
            email=person.account.profile.email,
            password=person.password,
            code=pyotp.TOTP(person.totp_secret).at(NOW),
            now=NOW,
        )
        return signed_in.identity

    async def case_of(self, person: Enrolment, identity: Identity) -> CaseId:
        async with self.sessions.begin() as session:
            case = await open_case(session, keys=self.keys, escrow=self.escrow.recipient, now=NOW)
            await admit(
                session,
                case,
                keys=self.keys,
                professional=person.account.id,
                recipient=identity.recipient,
                signer=ActorKey.of(identity),
            )
        return case

    async def message(self, case: CaseId, words: bytes) -> None:
        async with self.sessions.begin() as session:
            await preserve_record(
                session, case, kind="message", author="survivor", content=words, now=NOW
            )

    async def contents(self, case: CaseId, person: Enrolment, identity: Identity) -> list[bytes]:
        async with self.sessions.begin() as session:
            records = await disclose(
                session, self.store, case, reader=person.account.id, identity=identity
            )
        return [record.content for record in records]

    async def start_anew(self, person: Enrolment) -> Enrolment:
        async with self.sessions.begin() as session:
            return await start_anew(session, person.account.id, keys=self.keys, cost=CHEAP)


@pytest.fixture
def server(sessions: Sessions, database_url: str, data: Path, escrow: Escrow) -> Server:
    return Server(
        sessions=sessions,
        keys=LocalKeyProvider.open(data / "keys" / "server.key"),
        store=DirectoryStore(data / "objects"),
        escrow=escrow,
        environment={"DATABASE_URL": database_url, "BACKUP_DATA": str(data)},
    )


async def test_who_lost_the_password_reads_again_after_three_shares_answered(
    server: Server, escrow: Escrow, tmp_path: Path
) -> None:
    amina, old = await server.enrol("amina")
    bruno, his = await server.enrol("bruno")
    case = await server.case_of(amina, old)
    await server.message(case, b"before")
    await in_and_out(server, case, by=(amina, old), colleague=(bruno, his))
    await server.message(case, b"of the second generation")

    renewed = await server.start_anew(amina)
    new = await server.identity(renewed)
    for identity in (old, new):
        with pytest.raises(NotAllowedError):
            await server.contents(case, renewed, identity)

    asked, given = tmp_path / "request.json", tmp_path / "answer.json"
    written = server.backup("escrow", "request", asked, "--for", "Amina@example.org")
    assert written.code == 0, written.problem
    done = backup("escrow", "recover", asked, given, *escrow.options(5, 1, 3), typed="yes\n")
    assert done.code == 0, done.problem
    shown = written.out.splitlines()[-1].partition("key  ")[2]
    assert shown in done.out
    taken = server.backup("escrow", "import", given)
    assert "1 cases are open" in taken.out, taken.problem

    assert await server.contents(case, renewed, new) == [b"before", b"of the second generation"]
    again = server.backup("escrow", "import", given)
    assert "0 cases are open" in again.out, again.problem
    async with server.sessions() as session:
        entries = await session.scalars(select(CustodyEntry).order_by(CustodyEntry.sequence))
        acts = [(entry.actor, entry.action) for entry in entries]
    passive = f"holder:{amina.account.id}"
    assert (passive, "leave") in acts
    assert ("server", "export") in acts
    recovered = acts.index(("escrow", "recover"))
    assert acts[recovered + 1] == (passive, "admit")


async def test_an_answer_that_comes_after_a_new_generation_is_not_taken_for_whole(
    server: Server, escrow: Escrow, tmp_path: Path
) -> None:
    amina, hers = await server.enrol("amina")
    bruno, his = await server.enrol("bruno")
    chidi, chidis = await server.enrol("chidi")
    case = await server.case_of(amina, hers)
    await add(server, case, by=(amina, hers), colleague=(bruno, his))
    await add(server, case, by=(amina, hers), colleague=(chidi, chidis))
    renewed = await server.start_anew(bruno)
    asked, given = tmp_path / "request.json", tmp_path / "answer.json"
    server.backup("escrow", "request", asked, "--for", "bruno@example.org")
    await go(server, case, by=(amina, hers), colleague=(chidi, chidis))
    backup("escrow", "recover", asked, given, *escrow.options(1, 2, 3), typed="yes\n")
    assert "1 cases got a new key" in server.backup("escrow", "import", given).out
    with pytest.raises(NotAllowedError):
        await server.contents(case, renewed, await server.identity(renewed))


async def test_an_answer_for_an_identity_that_was_replaced_is_refused(
    server: Server, escrow: Escrow, tmp_path: Path
) -> None:
    amina, hers = await server.enrol("amina")
    await server.case_of(amina, hers)
    await server.start_anew(amina)
    asked, given = tmp_path / "request.json", tmp_path / "answer.json"
    server.backup("escrow", "request", asked, "--for", "amina@example.org")
    backup("escrow", "recover", asked, given, *escrow.options(1, 2, 3), typed="yes\n")
    await server.start_anew(amina)
    refused = server.backup("escrow", "import", given)
    assert (refused.code, "no longer in use" in refused.problem) == (2, True)


async def test_a_cases_own_identity_opens_its_records_when_nobody_else_can(
    server: Server, escrow: Escrow, tmp_path: Path
) -> None:
    amina, hers = await server.enrol("amina")
    case = await server.case_of(amina, hers)
    async with server.sessions.begin() as session:
        session.add(
            CaseRow(
                id=case, conversation_id=case, reference="ABCD-2345", answer_by=NOW, opened_at=NOW
            )
        )
    await server.message(case, b"words")
    asked, key = tmp_path / "request.json", tmp_path / "case.key"
    written = server.backup("escrow", "request", asked, "--case", "abcd-2345")
    assert written.code == 0, written.problem
    typed = "yes\n" + "\n".join(words_of(escrow.sheets[n]) for n in (4, 2, 0)) + "\n"
    done = backup("escrow", "recover", asked, key, typed=typed)
    assert done.code == 0, done.problem
    assert key.stat().st_mode & 0o077 == 0
    async with server.sessions() as session:
        sealed = (await session.scalars(select(SealedRecord.sealed))).one()
    (line,) = key.read_text().splitlines()
    assert unseal(sealed or b"", Identity.parse(line)).endswith(b"\nwords")


def words_of(sheet: Path) -> str:
    """What somebody types from the paper."""
    return " ".join(word[:4] for word in re.findall(r"\d\. ([a-z]+)", sheet.read_text()))


@pytest.mark.parametrize(
    ("numbers", "typed", "complaint"),
    [
        ((1, 2), "yes\n", "3 different shares are needed, 2 were given"),
        ((1, 2, 2), "yes\n", "shares 2 and 3 are the same"),
        ((1, 2, 3), "no\n", "nothing was opened"),
        ((1, 2, 3), "", "nothing was typed"),
    ],
)
async def test_what_is_wrong_is_one_clear_line_and_nothing_is_written(
    server: Server,
    escrow: Escrow,
    tmp_path: Path,
    numbers: tuple[int, ...],
    typed: str,
    complaint: str,
) -> None:
    amina, hers = await server.enrol("amina")
    await server.case_of(amina, hers)
    await server.start_anew(amina)
    asked, given = tmp_path / "request.json", tmp_path / "answer.json"
    server.backup("escrow", "request", asked, "--for", "amina@example.org")
    done = backup("escrow", "recover", asked, given, *escrow.options(*numbers), typed=typed)
    assert done.code == 2
    assert complaint in done.problem
    assert "Traceback" not in done.problem
    assert not given.exists()


async def test_another_deployments_escrow_opens_nothing(server: Server, tmp_path: Path) -> None:
    amina, hers = await server.enrol("amina")
    await server.case_of(amina, hers)
    await server.start_anew(amina)
    asked, places = tmp_path / "request.json", [tmp_path / str(n) for n in range(5)]
    for place in places:
        place.mkdir()
    backup("escrow", "create", *places)
    sheets = tuple(next(place.iterdir()) for place in places)
    stranger = Escrow(recipient=server.escrow.recipient, sheets=sheets)
    server.backup("escrow", "request", asked, "--for", "amina@example.org")
    done = backup(
        "escrow", "recover", asked, tmp_path / "a", *stranger.options(1, 2, 3), typed="yes\n"
    )
    assert "another deployment's" in done.problem


def test_the_key_itself_is_on_no_sheet_and_no_sheet_is_overwritten(escrow: Escrow) -> None:
    for sheet in escrow.sheets:
        assert "AGE-SECRET-KEY" not in sheet.read_text()
        assert sheet.stat().st_mode & 0o077 == 0
    again = backup("escrow", "create", *(sheet.parent for sheet in escrow.sheets))
    assert (again.code, "exists already" in again.problem) == (2, True)


Person = tuple[Enrolment, Identity]


async def in_and_out(server: Server, case: CaseId, *, by: Person, colleague: Person) -> None:
    await add(server, case, by=by, colleague=colleague)
    await go(server, case, by=by, colleague=colleague)


async def add(server: Server, case: CaseId, *, by: Person, colleague: Person) -> None:
    async with server.sessions.begin() as session:
        await let_in(
            session,
            case,
            by=by[0].account.id,
            identity=by[1],
            colleague=colleague[0].account.id,
            recipient=colleague[1].recipient,
            now=NOW,
        )


async def go(server: Server, case: CaseId, *, by: Person, colleague: Person) -> None:
    async with server.sessions.begin() as session:
        await let_go(
            session,
            case,
            by=by[0].account.id,
            identity=by[1],
            colleague=colleague[0].account.id,
            recipients={by[0].account.id: by[1].recipient},
            escrow=server.escrow.recipient,
            now=NOW,
        )
