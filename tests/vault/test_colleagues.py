"""Letting colleagues in and out: nobody opens a case but those who are listed."""

import asyncio
import json
import sys
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.errors import NotAllowedError
from core.identifiers import CaseId
from tests.vault.desk import NOW, Desk, Professional
from vault.age import Identity
from vault.age.open import unseal
from vault.colleagues import Holder, LastHolderError, holders
from vault.errors import SealError
from vault.tables import SealedCase, SealedRecord, Wrap


async def listed(desk: Desk, case: CaseId) -> Sequence[Holder]:
    async with desk.sessions() as session:
        return await holders(session, case)


async def readable_by(desk: Desk, case: CaseId, key: Identity) -> set[bytes]:
    """What one key opens of a case by the rows alone, whatever the program would say."""
    async with desk.sessions() as session:
        wraps = await session.scalars(select(Wrap.sealed).where(Wrap.case_id == case))
        found = [attempt(wrap, key) for wrap in wraps]
        opened = [Identity(plain[-32:]) for plain in found if plain]
        sealed = (await session.scalars(select(SealedRecord.sealed))).all()
    plain = (attempt(box or b"", identity) for box in sealed for identity in opened)
    return {text.split(b"\n", 1)[1] for text in plain if text}


def attempt(sealed: bytes, key: Identity) -> bytes | None:
    try:
        return unseal(sealed, key)
    except SealError:
        return None


async def test_a_colleague_who_is_let_in_reads_everything_and_no_object_is_touched(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.report(case, b"report")
    async with desk.sessions() as session:
        before = (await session.execute(select(SealedRecord.__table__))).all()
    await desk.let_in(case, lawyer, by=doctor)
    await desk.message(case, b"new")
    assert await desk.contents(case, lawyer) == [b"report", b"new"]
    assert await desk.contents(case, doctor) == [b"report", b"new"]
    async with desk.sessions() as session:
        assert (await session.execute(select(SealedRecord.__table__))).all()[:1] == before


async def test_the_list_says_who_came_when_and_by_whom(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.let_in(case, lawyer, by=doctor)
    found = {holder.id: holder for holder in await listed(desk, case)}
    assert found[doctor.id].added_by is None
    assert (found[lawyer.id].added_by, found[lawyer.id].since) == (doctor.id, NOW)


async def test_only_who_is_on_the_case_lets_others_in_and_nobody_twice(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    with pytest.raises(NotAllowedError):
        await desk.let_in(case, lawyer, by=lawyer)
    await desk.let_in(case, lawyer, by=doctor)
    with pytest.raises(NotAllowedError):
        await desk.let_in(case, lawyer, by=doctor)
    with pytest.raises(SealError):
        await desk.let_in(case, Professional(), by=Professional(id=doctor.id))


async def test_who_was_let_go_opens_nothing_that_is_new_with_any_key(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.message(case, b"old")
    await desk.let_in(case, lawyer, by=doctor)
    (kept,) = await desk.export(case, lawyer)  # what they could have copied while they were there
    await desk.let_go(case, lawyer, by=doctor, staying=[doctor])
    await desk.message(case, b"new")
    with pytest.raises(NotAllowedError):
        await desk.read(case, lawyer)
    assert await readable_by(desk, case, lawyer.identity) == set()
    assert await desk.contents(case, doctor) == [b"old", b"new"]
    assert await readable_by(desk, case, desk.escrow) == {b"old", b"new"}
    async with desk.sessions() as session:
        sealed = await session.scalars(select(SealedRecord.sealed).order_by(SealedRecord.id))
        assert [attempt(box or b"", kept) is None for box in sealed] == [False, True]


async def test_the_log_tells_what_they_saw_and_who_let_them_in_and_out(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.message(case, b"old")
    await desk.let_in(case, lawyer, by=doctor)
    await desk.read(case, lawyer)
    await desk.let_go(case, lawyer, by=doctor, staying=[doctor])
    told = [
        (entry.action, entry.actor, entry.signature is not None)
        for entry in await desk.entries()
        if entry.action not in {"open", "preserve", "enrol"}
    ]
    by_doctor, by_lawyer = f"professional:{doctor.id}", f"professional:{lawyer.id}"
    passive = f"holder:{lawyer.id}"
    assert told == [
        ("admit", by_doctor, True),
        ("add", by_doctor, True),
        ("admit", passive, False),
        ("view", by_lawyer, True),
        ("remove", by_doctor, True),
        ("leave", passive, False),
        ("rekey", "server", False),
    ]


async def test_one_may_leave_but_the_last_may_not(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    with pytest.raises(LastHolderError):
        await desk.let_go(case, doctor, by=doctor, staying=[doctor])
    await desk.let_in(case, lawyer, by=doctor)
    await desk.let_go(case, doctor, by=doctor, staying=[lawyer])
    assert [holder.id for holder in await listed(desk, case)] == [lawyer.id]
    with pytest.raises(LastHolderError):
        await desk.let_go(case, lawyer, by=lawyer, staying=[lawyer])
    assert await desk.contents(case, lawyer) == []


async def test_two_who_remove_each_other_at_once_do_not_both_succeed(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.let_in(case, lawyer, by=doctor)
    results = await asyncio.gather(
        desk.let_go(case, lawyer, by=doctor, staying=[doctor]),
        desk.let_go(case, doctor, by=lawyer, staying=[lawyer]),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotAllowedError"]
    assert len(await listed(desk, case)) == 1


async def test_a_message_that_is_sealed_meanwhile_goes_to_the_old_or_the_new_identity_and_opens(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.let_in(case, lawyer, by=doctor)
    await asyncio.gather(
        *(desk.message(case, b"%d" % number) for number in range(8)),
        desk.let_go(case, lawyer, by=doctor, staying=[doctor]),
    )
    assert sorted(await desk.contents(case, doctor)) == [b"%d" % number for number in range(8)]


async def test_a_generation_that_fails_half_way_was_never_begun(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.let_in(case, lawyer, by=doctor)
    stranger = Professional()
    with pytest.raises(KeyError):  # the public half of somebody who stays is missing
        await desk.let_go(case, lawyer, by=doctor, staying=[stranger])
    await desk.message(case, b"still for both")
    assert await desk.contents(case, lawyer) == [b"still for both"]


HALF_WAY = """
import asyncio, sys
from uuid import UUID
from core.database import open_engine, open_sessions
from vault.age import Identity
from vault.colleagues import let_go
from datetime import UTC, datetime

url, case, by, seed, colleague = sys.argv[1:]
identity = Identity(bytes.fromhex(seed))

async def main():
    async with open_sessions(open_engine(url)).begin() as session:
        await let_go(
            session, UUID(case), by=UUID(by), identity=identity, colleague=UUID(colleague),
            recipients={UUID(by): identity.recipient}, escrow=identity.recipient,
            now=datetime.now(UTC),
        )
        await session.flush()
        print("begun", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_half_way_leaves_the_case_as_it_was(
    desk: Desk, doctor: Professional, lawyer: Professional, database_url: str
) -> None:
    case = await desk.opened_for(doctor)
    await desk.let_in(case, lawyer, by=doctor)
    words = (database_url, case, doctor.id, doctor.identity.seed.hex(), lawyer.id)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HALF_WAY, *map(str, words), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begun\n"
    process.kill()
    await process.wait()
    await desk.message(case, b"still for both")
    assert await desk.contents(case, lawyer) == [b"still for both"]
    await desk.let_go(case, lawyer, by=doctor, staying=[doctor])
    await desk.message(case, b"new")
    assert await desk.contents(case, doctor) == [b"still for both", b"new"]


async def test_a_wrap_of_another_generation_does_not_stand_in(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.let_in(case, lawyer, by=doctor)
    await desk.let_go(case, lawyer, by=doctor, staying=[doctor])
    holder = Wrap.holder == f"professional:{doctor.id}"
    async with desk.sessions.begin() as session:
        old = select(Wrap.sealed).where(holder, Wrap.generation == 1).scalar_subquery()
        await session.execute(update(Wrap).where(holder, Wrap.generation == 2).values(sealed=old))
    with pytest.raises(SealError, match="another's place"):
        await desk.read(case, doctor)


async def test_a_record_that_claims_another_generation_does_not_open(
    desk: Desk, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.message(case, b"old")
    await desk.let_in(case, lawyer, by=doctor)
    await desk.let_go(case, lawyer, by=doctor, staying=[doctor])
    for generation in (2, 3):
        async with desk.sessions.begin() as session:
            await session.execute(update(SealedRecord).values(generation=generation))
        with pytest.raises(SealError):
            await desk.read(case, doctor)


STEPS = st.lists(
    st.tuples(st.sampled_from(("in", "out", "write")), st.integers(0, 3), st.integers(0, 3)),
    max_size=12,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_after_any_history_exactly_the_listed_open_the_case(
    desk: Desk, steps: list[tuple[str, int, int]]
) -> None:
    """By their keys and the rows, not by what the program would allow."""
    people = [Professional() for _ in range(4)]
    case = await desk.opened_for(people[0])
    inside, written = {0}, set[bytes]()
    for number, (step, by, whom) in enumerate(steps):
        if step == "write":
            words = json.dumps([str(case), number]).encode()
            await desk.message(case, words)
            written.add(words)
        elif step == "in" and by in inside and whom not in inside:
            await desk.let_in(case, people[whom], by=people[by])
            inside.add(whom)
        elif step == "out" and {by, whom} <= inside and len(inside) > 1:
            await desk.let_go(case, people[whom], by=people[by], staying=people)
            inside.remove(whom)
    await desk.message(case, b"last")
    for index, person in enumerate(people):
        expected = {*written, b"last"} if index in inside else set[bytes]()
        assert await readable_by(desk, case, person.identity) == expected
    assert await readable_by(desk, case, desk.escrow) == {*written, b"last"}
    async with desk.sessions() as session:
        current = await session.scalar(select(SealedCase.generation).where(SealedCase.id == case))
        wraps = select(Wrap.holder).where(Wrap.case_id == case, Wrap.generation == current)
        names = set(await session.scalars(wraps))
    assert names - {"escrow"} == {f"professional:{people[index].id}" for index in inside}
