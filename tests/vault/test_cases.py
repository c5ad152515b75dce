"""The life of a case: opened, handed over, added to, read."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text, update

from core.errors import GoneError, NotAllowedError
from core.identifiers import CaseId
from tests.vault.desk import NOW, Desk, Professional, files
from vault.age import Identity
from vault.age.open import unseal
from vault.errors import SealError
from vault.keys import LocalKeyProvider
from vault.store import ObjectRef
from vault.tables import SealedCase, SealedRecord, Wrap

NOWHERE = CaseId(uuid4())


async def holders(desk: Desk, case: CaseId) -> set[str]:
    async with desk.sessions() as session:
        return set(await session.scalars(select(Wrap.holder).where(Wrap.case_id == case)))


class TestOpening:
    async def test_a_new_case_waits_with_a_wrap_for_dispatch_and_one_for_escrow(
        self, desk: Desk
    ) -> None:
        assert await holders(desk, await desk.open()) == {"dispatch", "escrow"}

    async def test_escrow_opens_what_is_sealed_to_the_case(self, desk: Desk) -> None:
        case = await desk.open()
        await desk.message(case, b"words")
        async with desk.sessions() as session:
            wrap = (await session.scalars(select(Wrap.sealed).where(Wrap.holder == "escrow"))).one()
            sealed = (await session.scalars(select(SealedRecord.sealed))).one()
        line, seed = unseal(wrap, desk.escrow).split(b"\n", 1)
        identity = Identity(seed)
        assert f'"case":"{case}"'.encode() in line
        assert unseal(sealed or b"", identity).endswith(b"\nwords")

    async def test_each_case_has_an_identity_of_its_own(self, desk: Desk) -> None:
        await desk.open()
        await desk.open()
        async with desk.sessions() as session:
            assert len(set(await session.scalars(select(SealedCase.recipient)))) == 2


class TestAcceptance:
    async def test_the_dispatch_wrap_becomes_the_professionals(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.open()
        await desk.admit(case, doctor)
        assert await holders(desk, case) == {"escrow", f"professional:{doctor.id}"}

    async def test_who_comes_second_is_not_let_in(
        self, desk: Desk, doctor: Professional, lawyer: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        with pytest.raises(NotAllowedError):
            await desk.admit(case, lawyer)
        with pytest.raises(NotAllowedError):
            await desk.read(case, lawyer)

    async def test_of_several_at_once_exactly_one_is_let_in(self, desk: Desk) -> None:
        case = await desk.open()
        people = [Professional() for _ in range(5)]
        tries = (desk.admit(case, person) for person in people)
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == [
            "NoneType",
            *["NotAllowedError"] * 4,
        ]

    async def test_a_case_that_is_not_there_admits_nobody(
        self, desk: Desk, doctor: Professional
    ) -> None:
        with pytest.raises(NotAllowedError):
            await desk.admit(NOWHERE, doctor)

    async def test_a_dispatch_wrap_of_another_case_does_not_open(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case, other = await desk.open(), await desk.open()
        async with desk.sessions.begin() as session:
            foreign = select(Wrap.sealed).where(Wrap.case_id == other, Wrap.holder == "dispatch")
            swap = update(Wrap).where(Wrap.case_id == case, Wrap.holder == "dispatch")
            await session.execute(swap.values(sealed=foreign.scalar_subquery()))
        with pytest.raises(SealError):
            await desk.admit(case, doctor)
        assert "dispatch" in await holders(desk, case)

    async def test_another_servers_key_admits_nobody(
        self, desk: Desk, doctor: Professional, tmp_path: Path
    ) -> None:
        case = await desk.open()
        stranger = LocalKeyProvider.open(tmp_path / "other.key")
        elsewhere = Desk(sessions=desk.sessions, keys=stranger, store=desk.store)
        with pytest.raises(SealError):
            await elsewhere.admit(case, doctor)


class TestReading:
    async def test_records_come_in_order_with_who_what_and_when(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        report = await desk.report(case, b"report")
        message = await desk.message(
            case, b"thank you", author=f"professional:{doctor.id}", signer=doctor.signer
        )
        records = await desk.read(case, doctor)
        assert [(r.id, r.kind, r.author, r.content, r.created_at) for r in records] == [
            (report, "report", "survivor", b"report", NOW),
            (message, "message", f"professional:{doctor.id}", b"thank you", NOW),
        ]

    async def test_what_is_known_already_and_other_kinds_are_left_out(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        first = await desk.message(case, b"one")
        await desk.message(case, b"private", kind="note")
        await desk.message(case, b"two")
        after = await desk.read(case, doctor, after=first)
        assert [record.content for record in after] == [b"private", b"two"]
        notes = await desk.read(case, doctor, kinds=["note"])
        assert [record.content for record in notes] == [b"private"]

    async def test_material_from_before_acceptance_is_read_after_it(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.open()
        await desk.report(case, b"report")
        await desk.admit(case, doctor)
        assert await desk.contents(case, doctor) == [b"report"]

    async def test_the_right_person_with_the_wrong_identity_reads_nothing(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        with pytest.raises(SealError):
            await desk.read(case, Professional(id=doctor.id))

    async def test_the_exported_identity_opens_the_stored_file_itself(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        await desk.report(case, b"report")
        (exported,) = await desk.export(case, doctor)
        identity = Identity.parse(exported.export())
        async with desk.sessions() as session:
            ref = (await session.scalars(select(SealedRecord.object))).one()
        with desk.store.open(ObjectRef(ref or "")) as file:
            line, content = unseal(file.read(), identity).split(b"\n", 1)
        assert content == b"report"
        assert f'"case":"{case}"'.encode() in line

    async def test_a_record_never_prints_its_content(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        await desk.message(case, b"words")
        assert "words" not in repr(await desk.read(case, doctor))

    async def test_nothing_can_be_added_to_a_case_that_is_not_there(self, desk: Desk) -> None:
        with pytest.raises(GoneError):
            await desk.message(NOWHERE, b"words")
        with pytest.raises(GoneError):
            await desk.report(NOWHERE, b"words")


class TestTampering:
    """Whoever holds the database can damage, but neither read nor exchange unnoticed."""

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE records SET author = 'bot' WHERE id = 1",
            "UPDATE records SET kind = 'note' WHERE id = 1",
            "UPDATE records SET created_at = created_at - interval '1 second' WHERE id = 1",
            "UPDATE records SET id = 99 WHERE id = 1",
            "UPDATE records a SET sealed = b.sealed FROM records b WHERE a.id = 1 AND b.id = 2",
            "UPDATE records a SET sealed = b.sealed FROM records b WHERE a.id = 1 AND b.id = 3",
            "UPDATE records SET sealed = set_byte(sealed, 1700, get_byte(sealed, 1700) # 1)",
            "UPDATE records SET sealed = '' WHERE id = 1",
        ],
    )
    async def test_a_changed_row_does_not_open(
        self, desk: Desk, doctor: Professional, change: str
    ) -> None:
        case, other = await desk.opened_for(doctor), await desk.opened_for(doctor)
        await desk.message(case, b"one")
        await desk.message(case, b"two")
        await desk.message(other, b"three")
        async with desk.sessions.begin() as session:
            await session.execute(text(change))
        with pytest.raises(SealError):
            await desk.read(case, doctor)

    async def test_a_record_moved_to_another_case_does_not_open(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case, other = await desk.opened_for(doctor), await desk.opened_for(doctor)
        await desk.message(case, b"one")
        async with desk.sessions.begin() as session:
            await session.execute(update(SealedRecord).values(case_id=other))
            keys = update(SealedCase).where(SealedCase.id == other)
            moved = select(SealedCase.recipient).where(SealedCase.id == case).scalar_subquery()
            await session.execute(keys.values(recipient=moved))
        with pytest.raises(SealError):
            await desk.read(other, doctor)

    async def test_two_cases_wraps_exchanged_do_not_open(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case, other = await desk.opened_for(doctor), await desk.opened_for(doctor)
        async with desk.sessions.begin() as session:
            holder = f"professional:{doctor.id}"
            await session.execute(delete(Wrap).where(Wrap.case_id == case, Wrap.holder == holder))
            moved = update(Wrap).where(Wrap.case_id == other, Wrap.holder == holder)
            await session.execute(moved.values(case_id=case))
        with pytest.raises(SealError, match="another's place"):
            await desk.read(case, doctor)

    async def test_an_exchanged_object_does_not_open(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        first = await desk.report(case, b"one")
        await desk.report(case, b"two")
        async with desk.sessions.begin() as session:
            other = select(SealedRecord.object).where(SealedRecord.id != first).scalar_subquery()
            await session.execute(
                update(SealedRecord).where(SealedRecord.id == first).values(object=other)
            )
        with pytest.raises(SealError):
            await desk.read(case, doctor)

    async def test_a_missing_object_is_said_to_be_gone(
        self, desk: Desk, doctor: Professional
    ) -> None:
        case = await desk.opened_for(doctor)
        await desk.report(case, b"one")
        async with desk.sessions() as session:
            ref = (await session.scalars(select(SealedRecord.object))).one()
        desk.store.erase(ObjectRef(ref or ""))
        with pytest.raises(GoneError):
            await desk.read(case, doctor)


async def test_tables_and_store_hold_no_word_in_clear(
    desk: Desk, doctor: Professional, data: Path
) -> None:
    case = await desk.opened_for(doctor)
    await desk.report(case, b"unmistakable-report")
    await desk.message(case, b"unmistakable-message")
    for path in files(data):
        assert b"unmistakable" not in path.read_bytes()
    assert len(files(data / "store")) == 1
    async with desk.sessions() as session:
        rows = (await session.execute(select(SealedRecord.__table__))).all()
    assert "unmistakable" not in repr(rows)
