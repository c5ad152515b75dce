"""Attacks by one who owns the database or the disk: `backup verify` says what and where."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from backup.verify import add_arguments, run
from core.identifiers import CaseId
from core.settings import Settings
from tests.vault.desk import Desk, Professional, files
from vault import ledger
from vault.checkpoint import log_signer, sign_checkpoint, written
from vault.custody import enrol
from vault.entries import Entry
from vault.keeping import Custody, checkpoint
from vault.keys import LocalKeyProvider
from vault.memory import recall
from vault.signing import ActorKey, actor_of
from vault.store import DirectoryStore
from vault.tlog import Frontier

Verify = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def keys(data: Path) -> LocalKeyProvider:
    return LocalKeyProvider.open(data / "keys" / "server.key")


@pytest.fixture
def store(data: Path) -> DirectoryStore:
    return DirectoryStore(data / "objects")


@pytest.fixture
def verify(database_url: str, data: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """The command; gives its lines but the log's key."""
    settings = Settings(backup_data=data, database_url=SecretStr(database_url))
    parser = ArgumentParser()
    add_arguments(parser)

    async def verify(*arguments: str) -> list[str]:
        code = await asyncio.to_thread(run, parser.parse_args(arguments), settings)
        said = capsys.readouterr().out.splitlines()
        lines = [line for line in said if not line.startswith("the log's key: ")]
        assert code == (0 if lines[-1].startswith("intact: ") else 1)
        return lines

    return verify


@pytest.fixture
async def custody(desk: Desk, data: Path) -> Custody:
    return Custody(sessions=desk.sessions, keys=desk.keys, memory=data / "checkpoint")


@pytest.fixture
async def case(desk: Desk, doctor: Professional, custody: Custody) -> CaseId:
    """Entries 1 to 7 are signed for: enrol, open, two preserved, admit, view, preserved."""
    async with desk.sessions.begin() as session:
        enrol(session, doctor.id, doctor.signer)
    case = await desk.open()
    await desk.report(case, b"report")
    await desk.message(case, b"hello")
    await desk.admit(case, doctor)
    await desk.read(case, doctor)
    await desk.message(case, b"reply", author=actor_of(doctor.id), signer=doctor.signer)
    await checkpoint(custody)
    return case


async def log_of(desk: Desk) -> list[Entry]:
    async with desk.sessions() as session:
        return [entry async for entry in ledger.entries(session)]


async def rewrite(desk: Desk, entries: Sequence[Entry], *statements: str) -> None:
    """Put another log in the place of the log: numbers and hashes fit, as a clever forger's do."""
    frontier, fitted = Frontier(), []
    for entry in entries:
        numbered = replace(entry, sequence=frontier.size + 1)
        leaf = numbered.hashed
        frontier = frontier.grow(leaf)
        fitted.append(replace(numbered, leaf=leaf, node=frontier.node))
    await desk.tamper("DELETE FROM custody_entries", *statements)
    async with desk.sessions.begin() as session:
        connection = await session.connection()
        await connection.run_sync(lambda sync: ledger.append(sync, fitted))


async def forged(desk: Desk, doctor: Professional, signer: ActorKey | None) -> None:
    """Add a view that the doctor never made."""
    entries = await log_of(desk)
    view = next(entry for entry in entries if entry.action == "view")
    frontier = Frontier()
    for entry in entries:
        frontier = frontier.grow(entry.leaf)
    made, _ = view.entered(frontier, at=entries[-1].at, salt=bytes(32), signer=signer)
    async with desk.sessions.begin() as session:
        connection = await session.connection()
        await connection.run_sync(lambda sync: ledger.append(sync, [made]))
    assert made.actor == actor_of(doctor.id)


async def test_nothing_is_found_where_nothing_was_done(
    case: CaseId, desk: Desk, verify: Verify
) -> None:
    await desk.message(case, b"one more, not signed for yet")
    assert await verify("--objects") == ["intact: 8 entries, 0 checkpoints from elsewhere"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE custody_entries SET actor = 'nobody' WHERE sequence = 6",
        "UPDATE custody_entries SET at = at - interval '1 day' WHERE sequence = 6",
        "UPDATE custody_entries SET at = 'infinity' WHERE sequence = 6",
        "UPDATE custody_entries SET signature = null WHERE sequence = 6",
        "UPDATE custody_entries SET salt = '' WHERE sequence = 6",
        "UPDATE custody_entries SET size = 9223372036854775807 WHERE sequence = 6",
        "ALTER TABLE custody_entries ALTER at DROP NOT NULL;UPDATE custody_entries SET at = null",
    ],
)
async def test_flip(case: CaseId, desk: Desk, verify: Verify, statement: str) -> None:
    assert case
    await desk.tamper(*statement.split(";"))
    assert "custody entry 6: it does not say what was written" in await verify()


async def test_drop(case: CaseId, desk: Desk, verify: Verify) -> None:
    assert case
    await desk.tamper("DELETE FROM custody_entries WHERE sequence = 6")
    assert (await verify())[0] == "custody entries 6: missing"


async def test_drop_and_close_the_gap(case: CaseId, desk: Desk, verify: Verify) -> None:
    assert case
    entries = await log_of(desk)
    await rewrite(desk, [entry for entry in entries if entry.sequence != 6])
    found = await verify()
    assert "custody entries 7: missing" in found
    # What she signed after it does not fit its new number.
    assert "custody entry 6: not signed by the one in whose name it stands" in found


async def test_reorder(case: CaseId, desk: Desk, verify: Verify) -> None:
    assert case
    await desk.tamper(
        "UPDATE custody_entries SET sequence = -sequence WHERE sequence IN (3, 4)",
        "UPDATE custody_entries SET sequence = 7 + sequence WHERE sequence < 0",
    )
    found = await verify()
    assert "custody entry 4: it claims an earlier time than the one before it" in found
    assert "custody entries 1 to 4: at least one was replaced together with its hashes" in found


async def test_truncate(case: CaseId, desk: Desk, verify: Verify) -> None:
    assert case
    await desk.tamper("DELETE FROM custody_entries WHERE sequence > 5")
    assert "custody entries 6 to 7: missing" in await verify()


async def test_truncate_everything(case: CaseId, desk: Desk, verify: Verify) -> None:
    assert case
    await desk.tamper("TRUNCATE custody_entries")
    assert (await verify())[:2] == [
        "custody entries 1 to 7: missing",
        "record 1: no custody entry tells of it",
    ]


async def test_back_date(case: CaseId, desk: Desk, verify: Verify) -> None:
    assert case
    entries = await log_of(desk)
    entries[2] = replace(entries[2], at=entries[2].at - timedelta(days=3))
    await rewrite(desk, entries)
    found = await verify()
    assert found[:2] == [
        "custody entry 3: it claims an earlier time than the one before it",
        "custody entries 1 to 7: not those that were signed for; the log was rewritten",
    ]


@pytest.mark.parametrize("key", [None, ActorKey(bytes(32))], ids=["nobody", "somebody else"])
async def test_forge_a_view(
    case: CaseId, desk: Desk, doctor: Professional, verify: Verify, key: ActorKey | None
) -> None:
    assert case
    await forged(desk, doctor, key)
    (found, *_) = await verify()
    assert found == "custody entry 8: not signed by the one in whose name it stands"


async def test_forge_an_enrolment_and_then_a_view(
    case: CaseId, desk: Desk, doctor: Professional, verify: Verify
) -> None:
    """Whoever can write rows can give somebody another key, but not unseen."""
    assert case
    async with desk.sessions.begin() as session:
        enrol(session, doctor.id, ActorKey(bytes(32)))
    await forged(desk, doctor, ActorKey(bytes(32)))
    told = f"note: custody entry 8: {actor_of(doctor.id)} signs with another key from here on"
    assert told in await verify()


async def test_replace_a_checkpoint(case: CaseId, desk: Desk, verify: Verify) -> None:
    assert case
    async with desk.sessions.begin() as session:
        signer = await log_signer(session, desk.keys)
        head = await ledger.head(session)
    other = signer.sign(written(signer.name, replace(head, root=bytes(32))))
    await desk.tamper(f"UPDATE custody_checkpoints SET note = '{other}'")  # noqa: S608
    assert (await verify())[0] == (
        "custody entries 1 to 7: not those that were signed for; the log was rewritten"
    )
    await desk.tamper("UPDATE custody_checkpoints SET note = replace(note, 'A', 'B')")
    assert (await verify())[0].startswith("checkpoint of 7 entries: not signed by this log's key")


async def test_fork_the_log(
    case: CaseId, desk: Desk, custody: Custody, data: Path, tmp_path: Path, verify: Verify
) -> None:
    """Even by the server itself, which holds the log's key: a note kept elsewhere tells."""
    kept = tmp_path / "kept.note"
    kept.write_text(recall(custody.memory) or "")
    entries = await log_of(desk)
    await rewrite(
        desk, [*entries[:3], replace(entries[3], size=1)], "DELETE FROM custody_checkpoints"
    )
    (data / "checkpoint").unlink()
    await desk.message(case, b"it goes on")
    await desk.message(case, b"and on")
    await desk.message(case, b"and on")
    async with desk.sessions.begin() as session:
        await sign_checkpoint(session, desk.keys)
    told = "custody entries 1 to 7: not those that were signed for; the log was rewritten"
    assert told not in await verify()
    assert told in await verify(str(kept))


async def test_restore_an_old_database(
    case: CaseId, desk: Desk, custody: Custody, verify: Verify
) -> None:
    """Together with its checkpoints and records: the server's own memory of the last one tells."""
    record = await desk.message(case, b"later")
    await checkpoint(custody)
    await desk.tamper(
        "DELETE FROM custody_checkpoints WHERE size > 7",
        "DELETE FROM custody_entries WHERE sequence > 7",
        f"DELETE FROM records WHERE id = {record}",  # noqa: S608
    )
    assert (await verify())[0] == "custody entries 8: missing"
    await desk.message(case, b"it goes on")
    assert "custody entries 1 to 8: not those that were signed for; the log was rewritten" in (
        await verify()
    )
    before = recall(custody.memory)
    await checkpoint(custody)
    assert recall(custody.memory) == before, "a log that was put back is not signed"


async def test_swap_two_cases_files(case: CaseId, desk: Desk, verify: Verify, data: Path) -> None:
    other = await desk.open()
    assert other != case
    mine, theirs = 1, await desk.report(other, b"other report")
    swapped = "UPDATE records AS a SET {0} = b.{0} FROM records AS b WHERE (a.id, b.id) IN ({1})"
    both = f"({mine}, {theirs}), ({theirs}, {mine})"
    for column, told in (
        ("object", "its ciphertext is not the one that was preserved"),
        ("case_id", "it is in another case than it was preserved in"),
    ):
        await desk.tamper(swapped.format(column, both))
        assert (await verify())[:2] == [f"record {mine}: {told}", f"record {theirs}: {told}"]
        await desk.tamper(swapped.format(column, both))
    one, two = files(data / "objects")
    first, second = one.read_bytes(), two.read_bytes()
    for path, content in ((one, second), (two, first)):
        path.chmod(0o600)
        path.write_bytes(content)
    assert (await verify())[-1].startswith("intact")
    told = "its file in the store is not the one that was preserved"
    assert (await verify("--objects"))[:2] == [f"record {mine}: {told}", f"record {theirs}: {told}"]


async def test_records_that_are_changed_made_up_or_gone(
    case: CaseId, desk: Desk, verify: Verify, data: Path
) -> None:
    assert case
    await desk.tamper(
        "CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT * FROM records WHERE id = 2",
        "UPDATE made SET id = 99",
        "INSERT INTO records SELECT * FROM made",
        "UPDATE records SET sealed = sealed || 'x' WHERE id = 2",
        "DELETE FROM records WHERE id = 3",
    )
    (report,) = files(data / "objects")
    report.unlink()
    assert await verify("--objects") == [
        "record 1: its file is not in the store",
        "record 2: its ciphertext is not the one that was preserved",
        "record 99: no custody entry tells of it",
        "record 3: it is gone, and its case was not destroyed by a shred",
    ]


async def test_a_case_that_its_person_had_destroyed_is_not_missed(
    case: CaseId, desk: Desk, verify: Verify
) -> None:
    await desk.shred(case)
    assert await verify("--objects") == ["intact: 8 entries, 0 checkpoints from elsewhere"]
