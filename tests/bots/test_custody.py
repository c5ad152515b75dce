"""What the worker does for the custody log beside its work for people."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from core.database import Sessions
from tests.vault.desk import Desk
from vault import ledger
from vault.keeping import Custody, checkpoint
from vault.keys import LocalKeyProvider
from vault.memory import recall
from vault.store import DirectoryStore
from vault.tables import CustodyCheck


@pytest.fixture
def desk(sessions: Sessions, data: Path) -> Desk:
    keys = LocalKeyProvider.open(data / "keys" / "server.key")
    return Desk(sessions=sessions, keys=keys, store=DirectoryStore(data / "objects"))


async def checked(desk: Desk, url: str, data: Path) -> CustodyCheck:
    """What the self-check finds, as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots.worker.check"),
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url, "BACKUP_DATA": str(data)},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, complained = await process.communicate()
    assert process.returncode == 0
    async with desk.sessions() as session:
        found = await ledger.last_check(session)
    assert found is not None
    assert (found.finding or "intact") in complained.decode()
    return found


async def test_the_check_at_a_start_keeps_what_it_finds(
    desk: Desk, database_url: str, data: Path
) -> None:
    for _ in range(5):
        await desk.open()
    await checkpoint(Custody(sessions=desk.sessions, keys=desk.keys, memory=data / "checkpoint"))
    intact = await checked(desk, database_url, data)
    assert (intact.size, intact.findings, intact.finding) == (5, 0, None)
    await desk.tamper("DELETE FROM custody_entries WHERE sequence = 3")
    tampered = await checked(desk, database_url, data)
    assert (tampered.size, tampered.finding) == (5, "custody entries 3: missing")


async def test_a_checkpoint_is_remembered_outside_and_a_changed_log_is_not_signed(
    desk: Desk, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    custody = Custody(sessions=desk.sessions, keys=desk.keys, memory=data / "checkpoint")
    await desk.open()
    await checkpoint(custody)
    async with desk.sessions() as session:
        newest = await ledger.newest_note(session)
    assert newest is not None
    assert recall(custody.memory) == newest[1]
    await desk.tamper("DELETE FROM custody_entries", "DELETE FROM custody_checkpoints")
    await checkpoint(custody)
    assert recall(custody.memory) == newest[1]
    assert "the custody log was changed" in caplog.text


async def test_a_disk_that_refuses_keeps_nothing_from_going_on(
    desk: Desk, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data / "file").write_text("no directory")
    custody = Custody(sessions=desk.sessions, keys=desk.keys, memory=data / "file" / "checkpoint")
    await desk.open()
    await checkpoint(custody)
    assert "can't be remembered" in caplog.text
    async with desk.sessions() as session:
        assert await ledger.newest_note(session) is not None
