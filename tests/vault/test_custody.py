"""The custody log: one entry for each act, none lost, none doubled, none changed."""

import asyncio
import hashlib
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import CaseId
from tests.vault.desk import NOW, Desk, Professional
from vault import ledger, tlog
from vault.cases import open_case
from vault.custody import log
from vault.entries import Act, Action
from vault.errors import TamperedError
from vault.preserve import preserve_record
from vault.tables import SealedRecord

NOWHERE = CaseId(uuid4())


async def acts(desk: Desk) -> list[tuple[str, str]]:
    return [(entry.actor, entry.action) for entry in await desk.entries()]


class TestWhatIsWritten:
    async def test_each_act_leaves_one_entry(self, desk: Desk, doctor: Professional) -> None:
        who = f"professional:{doctor.id}"
        case = await desk.open()
        await desk.report(case, b"report")
        await desk.message(case, b"hello", author="bot")
        await desk.admit(case, doctor)
        await desk.read(case, doctor)
        await desk.read(case, doctor, kinds=["note"])
        await desk.export(case, doctor)
        await desk.shred(case)
        assert await acts(desk) == [
            ("server", "open"),
            ("survivor", "preserve"),
            ("bot", "preserve"),
            (who, "admit"),
            (who, "view"),
            (who, "view"),
            (who, "export"),
            ("survivor", "shred"),
        ]

    async def test_preserving_names_the_ciphertext(self, desk: Desk) -> None:
        case = await desk.open()
        record = await desk.report(case, b"report")
        entry = (await desk.entries())[-1]
        async with desk.sessions() as session:
            row = await session.get_one(SealedRecord, record)
        assert (entry.sha256 or b"").hex() == row.object
        assert (entry.case_id, entry.record_id) == (case, record)

    async def test_a_view_names_all_that_was_shown(self, desk: Desk, doctor: Professional) -> None:
        case = await desk.opened_for(doctor)
        await desk.message(case, b"one")
        last = await desk.message(case, b"two")
        await desk.read(case, doctor)
        *_, one, two, view = await desk.entries()
        digests = (one.sha256 or b"") + (two.sha256 or b"")
        assert view.sha256 == hashlib.sha256(digests).digest()
        assert (view.record_id, view.size) == (last, (one.size or 0) + (two.size or 0))

    async def test_the_time_never_runs_backwards(self, desk: Desk) -> None:
        for _ in range(3):
            await desk.open()
        times = [entry.at for entry in await desk.entries()]
        assert times == sorted(times)

    async def test_the_rows_are_the_tree(self, desk: Desk) -> None:
        for _ in range(11):
            await desk.open()
        entries = await desk.entries()
        async with desk.sessions() as session:
            head = await ledger.head(session)
        assert head.size == 11
        assert head.root == tlog.root(entry.leaf for entry in entries)
        assert len({entry.salt for entry in entries}) == 11


class TestWhenItIsWritten:
    async def test_at_the_commit_and_not_before(self, desk: Desk) -> None:
        async with desk.sessions.begin() as session:
            await open_case(session, keys=desk.keys, escrow=desk.escrow.recipient, now=NOW)
            assert await desk.entries() == []
        assert len(await desk.entries()) == 1

    async def test_not_at_all_when_the_transaction_fails(self, desk: Desk) -> None:
        async with desk.sessions() as session:
            await open_case(session, keys=desk.keys, escrow=desk.escrow.recipient, now=NOW)
            await session.rollback()
            log(session, act(1))
            await session.commit()
        assert await acts(desk) == [("1", "view")]

    async def test_what_a_failed_savepoint_did_is_not_written(self, desk: Desk) -> None:
        async with desk.sessions.begin() as session:
            log(session, act(1))
            with pytest.raises(ZeroDivisionError):
                await in_a_savepoint(session, 2, fail=True)
            await in_a_savepoint(session, 3)
            log(session, act(4))
        assert [actor for actor, _ in await acts(desk)] == ["1", "3", "4"]

    async def test_savepoints_in_savepoints_stand_and_fall_together(self, desk: Desk) -> None:
        async with desk.sessions.begin() as session:
            with pytest.raises(ZeroDivisionError):
                await in_two_savepoints(session, 1, 2)
            async with session.begin_nested():
                await in_a_savepoint(session, 3)
                with pytest.raises(ZeroDivisionError):
                    await in_a_savepoint(session, 4, fail=True)
                log(session, act(5))
        assert [actor for actor, _ in await acts(desk)] == ["3", "5"]

    async def test_a_session_used_again_does_not_repeat_itself(self, desk: Desk) -> None:
        async with desk.sessions() as session:
            for number in (1, 2):
                log(session, act(number))
                await session.commit()
            await session.commit()
        assert [actor for actor, _ in await acts(desk)] == ["1", "2"]

    async def test_a_session_closed_and_used_again_forgets(self, desk: Desk) -> None:
        session = desk.sessions()
        log(session, act(1))
        await session.close()
        log(session, act(2))
        await session.commit()
        await session.close()
        assert [actor for actor, _ in await acts(desk)] == ["2"]


def act(number: int) -> Act:
    return Act(actor=str(number), action=Action.VIEW, case_id=NOWHERE)


async def in_a_savepoint(session: AsyncSession, number: int, *, fail: bool = False) -> None:
    async with session.begin_nested():
        log(session, act(number))
        if fail:
            raise ZeroDivisionError


async def in_two_savepoints(session: AsyncSession, outer: int, inner: int) -> None:
    async with session.begin_nested():
        log(session, act(outer))
        await in_a_savepoint(session, inner)
        raise ZeroDivisionError


class TestManyAtOnce:
    async def test_the_sequence_has_no_gap_and_the_tree_is_right(self, desk: Desk) -> None:
        await asyncio.gather(*(desk.open() for _ in range(25)))
        entries = await desk.entries()
        assert [entry.sequence for entry in entries] == list(range(1, 26))
        async with desk.sessions() as session:
            assert (await ledger.head(session)).root == tlog.root(e.leaf for e in entries)

    async def test_a_writer_that_fails_leaves_no_gap(self, desk: Desk) -> None:
        results = await asyncio.gather(
            *(desk.message(NOWHERE, b"x") for _ in range(5)),
            *(desk.open() for _ in range(5)),
            return_exceptions=True,
        )
        assert len(results) == 10
        assert [entry.sequence for entry in await desk.entries()] == [1, 2, 3, 4, 5]

    async def test_two_transactions_that_cross_do_not_block_each_other(self, desk: Desk) -> None:
        """Each adds to its own case, then to the other's: the log's lock comes after all others."""
        one, two = await desk.open(), await desk.open()
        met = asyncio.Barrier(2)

        async def add(first: CaseId, second: CaseId) -> None:
            async with desk.sessions.begin() as session:
                await add_to(session, first)
                await met.wait()
                await add_to(session, second)

        async with asyncio.timeout(30):
            await asyncio.gather(add(one, two), add(two, one))
        assert len(await desk.entries()) == 6


async def add_to(session: AsyncSession, case: CaseId) -> None:
    await preserve_record(session, case, kind="note", author="bot", content=b"x", now=NOW)


class TestGrowingOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE custody_entries SET actor = 'nobody'",
            "UPDATE custody_entries SET actor = 'nobody' WHERE false",
            "DELETE FROM custody_entries WHERE sequence = 1",
            "TRUNCATE custody_entries",
            "TRUNCATE custody_entries, sealed_cases CASCADE",
        ],
    )
    async def test_the_database_refuses_every_change(self, desk: Desk, statement: str) -> None:
        await desk.open()
        async with desk.sessions() as session:
            await session.execute(text("SET LOCAL ROLE NONE"))
            with pytest.raises(DBAPIError, match="only grows"):
                await session.execute(text(statement))
        assert len(await desk.entries()) == 1

    async def test_a_log_with_a_hole_is_not_added_to(self, desk: Desk) -> None:
        for _ in range(4):
            await desk.open()
        await as_superuser(desk, "DELETE FROM custody_entries WHERE sequence IN (2, 4)")
        with pytest.raises(TamperedError, match="before number 3"):
            await desk.open()


async def as_superuser(desk: Desk, *statements: str) -> None:
    """Do what the database can't refuse to its owner."""
    async with desk.sessions.begin() as session:
        await session.execute(text("SET LOCAL ROLE NONE"))
        await session.execute(text("ALTER TABLE custody_entries DISABLE TRIGGER USER"))
        for statement in statements:
            await session.execute(text(statement))
        await session.execute(text("ALTER TABLE custody_entries ENABLE TRIGGER USER"))
