"""After DELETE nothing readable is left: every key that is left is tried on every byte string."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Base
from core.errors import GoneError, NotAllowedError
from core.identifiers import CaseId
from tests.vault.desk import Desk, Professional, files
from vault.age import Identity
from vault.age.open import unseal
from vault.cases import shred
from vault.errors import SealError


async def what_is_left(desk: Desk, data: Path) -> list[bytes]:
    """Everything that tables and store hold, as byte strings."""
    found = [path.read_bytes() for path in files(data)]
    async with desk.sessions() as session:
        for table in Base.metadata.sorted_tables:
            for row in await session.execute(select(table)):
                found += [v if isinstance(v, bytes) else str(v).encode() for v in row]
    return found


async def readable(desk: Desk, data: Path, case: CaseId, *people: Professional) -> set[bytes]:
    """What all keys that exist can open, directly or by keys that they open."""
    found = await what_is_left(desk, data)
    keys = [desk.escrow, *(person.identity for person in people)]
    keys += [key for sealed in found for key in keys_within(desk, case, sealed, keys)]
    plain = (attempt(sealed, key) for sealed in found for key in keys)
    return {text.split(b"\n", 1)[1] for text in plain if text and not is_wrap(text)}


def keys_within(
    desk: Desk, case: CaseId, sealed: bytes, keys: list[Identity]
) -> Iterator[Identity]:
    """The identities in a wrap, whoever's it is."""
    for plain in (attempt(sealed, key) for key in keys):
        if plain and is_wrap(plain):
            yield Identity(plain[-32:])
    for context in (f"dispatch:{case}", "dispatch", str(case), ""):
        try:
            yield Identity(desk.keys.unwrap(sealed, context=context))
        except SealError:
            continue


def is_wrap(plain: bytes) -> bool:
    return b'"holder"' in plain


def attempt(sealed: bytes, key: Identity) -> bytes | None:
    try:
        return unseal(sealed, key)
    except SealError:
        return None


async def test_every_key_opens_what_it_should_before(
    desk: Desk, data: Path, doctor: Professional, lawyer: Professional
) -> None:
    """Otherwise the search below would find nothing for want of skill."""
    waiting, accepted = await desk.open(), await desk.opened_for(doctor)
    await desk.report(waiting, b"one")
    await desk.message(accepted, b"two")
    nobody = Desk(sessions=desk.sessions, keys=desk.keys, store=desk.store)
    assert await readable(nobody, data, waiting, lawyer) == {b"one"}
    assert await readable(nobody, data, accepted, lawyer) == set()
    assert await readable(nobody, data, accepted, doctor) == {b"two"}
    assert await readable(desk, data, accepted) == {b"one", b"two"}


async def test_nothing_is_readable_after(
    desk: Desk, data: Path, doctor: Professional, lawyer: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.report(case, b"report")
    await desk.message(case, b"message")
    await desk.read(case, doctor)
    await desk.shred(case)
    assert await readable(desk, data, case, doctor, lawyer) == set()


async def test_nothing_is_readable_after_even_while_the_case_was_waiting(
    desk: Desk, data: Path
) -> None:
    case = await desk.open()
    await desk.report(case, b"report")
    await desk.shred(case)
    assert await readable(desk, data, case) == set()


async def test_only_the_custody_log_still_knows_the_case(
    desk: Desk, data: Path, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.report(case, b"report")
    await desk.shred(case)
    holding = []
    async with desk.sessions() as session:
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(table))).all()
            holding += [table.name] * any(str(case) in repr(row) for row in rows)
    assert holding == ["custody_entries"]
    assert [path.name for path in files(data)] == ["server.key"]


async def test_other_cases_stay_as_they_were(desk: Desk, doctor: Professional) -> None:
    case, other = await desk.opened_for(doctor), await desk.opened_for(doctor)
    await desk.report(case, b"gone")
    await desk.report(other, b"stays")
    await desk.shred(case)
    assert await desk.contents(other, doctor) == [b"stays"]


async def test_the_door_is_shut_after(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    await desk.shred(case)
    with pytest.raises(NotAllowedError):
        await desk.read(case, doctor)
    with pytest.raises(NotAllowedError):
        await desk.export(case, doctor)
    with pytest.raises(GoneError):
        await desk.message(case, b"words")
    with pytest.raises(GoneError):
        await desk.shred(case)


async def test_a_shredding_that_failed_is_finished_by_asking_again(
    desk: Desk, data: Path, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    await desk.report(case, b"report")
    with pytest.raises(ZeroDivisionError):
        await shred_and_fail(desk, case)
    await desk.shred(case)
    assert await readable(desk, data, case, doctor) == set()


async def shred_and_fail(desk: Desk, case: CaseId) -> None:
    async with desk.sessions.begin() as session:
        await shred(session, case, store=desk.store)
        raise ZeroDivisionError
