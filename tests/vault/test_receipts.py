"""Receipt codes: what a slip of the finger does, and what the table tells without them."""

from itertools import combinations
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.errors import GoneError
from core.identifiers import CaseId, RecordId
from tests.vault.desk import Desk, Professional
from vault.checkpoint import sign_checkpoint
from vault.receipt_check import Answer, Since, State, check
from vault.receipts import (
    ALPHABET,
    Pointer,
    ReceiptRow,
    find,
    issue,
    issue_for_latest,
    new_code,
    read_code,
)


def test_a_code_is_read_as_people_type_it() -> None:
    code = new_code()
    assert read_code(code) == code
    assert read_code(f" {code.lower().replace('-', ' ')} ") == code
    assert read_code(code.replace("-", "").replace("0", "o").replace("1", "l")) == code
    eastern = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert read_code(eastern) == code


def test_any_one_wrong_symbol_is_noticed() -> None:
    code = new_code()
    for place, right in enumerate(code):
        if right != "-":
            for wrong in set(ALPHABET) - {right}:
                assert read_code(code[:place] + wrong + code[place + 1 :]) is None


def test_any_two_symbols_that_changed_places_are_noticed() -> None:
    code = new_code().replace("-", "")
    for one, other in combinations(range(len(code)), 2):
        if code[one] != code[other]:
            swapped = list(code)
            swapped[one], swapped[other] = code[other], code[one]
            assert read_code("".join(swapped)) is None


@pytest.mark.parametrize("text", ["", "7K3M", "é" * 16, "U" * 16, "0" * 15, "0" * 17])
def test_what_is_no_code_is_told(text: str) -> None:
    assert read_code(text) is None


async def test_a_code_leads_to_its_record_and_another_to_nothing(
    desk: Desk, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    record = await desk.report(case, b"{}")
    async with desk.sessions.begin() as session:
        code = await issue(session, case, record)
        file = await issue(session, case, record, sha256=bytes(32))
        assert await find(session, code) == Pointer(case_id=case, record_id=record)
        assert await find(session, file) == Pointer(
            case_id=case, record_id=record, sha256="00" * 32
        )
        assert await find(session, new_code()) is None


async def test_the_table_tells_nothing_without_the_code(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    record = await desk.report(case, b"{}")
    async with desk.sessions.begin() as session:
        codes = [
            await issue(session, case, record),
            await issue(session, case, record, sha256=bytes(32)),
            await issue(session, CaseId(uuid4()), RecordId(10**15)),
        ]
        rows = list(await session.scalars(select(ReceiptRow)))
    columns = [value for row in rows for value in (row.id, row.sealed)]
    assert not any(str(case).encode() in value or case.bytes in value for value in columns)
    assert not any(code.encode() in value for value in columns for code in codes)
    assert len({len(row.sealed) for row in rows}) == 1


async def test_a_record_that_is_not_there_gets_no_receipt(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    async with desk.sessions.begin() as session:
        with pytest.raises(GoneError):
            await issue_for_latest(session, case, "report")


async def test_before_the_log_is_signed_a_receipt_says_only_when(
    desk: Desk, doctor: Professional
) -> None:
    case = await desk.opened_for(doctor)
    answer = await checked(desk, await receipt(desk, case, await desk.report(case, b"{}")))
    assert (answer.state, answer.since, answer.same) == (State.KEPT, (), None)
    assert (answer.received_at.minute, answer.received_at.second) == (0, 0)


async def test_later_it_says_who_vouches_for_it(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    code = await receipt(desk, case, await desk.report(case, b"{}"))
    await signed(desk)
    answer = await checked(desk, code)
    assert answer.since == (Since(kind="checkpoint", at=None),)


async def test_a_file_can_be_compared_with_its_receipt(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    record = await desk.message(case, b"a file")
    code = await receipt(desk, case, record, sha256=b"\x0a" * 32)
    assert (await checked(desk, code, sha256="0A" * 32)).same is True
    assert (await checked(desk, code, sha256="00" * 32)).same is False


async def test_after_delete_a_receipt_says_so(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    code = await receipt(desk, case, await desk.report(case, b"{}"))
    await desk.shred(case)
    assert (await checked(desk, code)).state == State.ERASED


async def test_a_ciphertext_that_was_changed_is_told(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    code = await receipt(desk, case, await desk.message(case, b"words"))
    await desk.tamper("UPDATE records SET sealed = sealed || 'x'::bytea")
    assert (await checked(desk, code)).state == State.CHANGED


async def test_a_log_that_was_rewritten_is_told(desk: Desk, doctor: Professional) -> None:
    case = await desk.opened_for(doctor)
    code = await receipt(desk, case, await desk.message(case, b"words"))
    await signed(desk)
    await desk.tamper("UPDATE custody_entries SET leaf = leaf || 'x' WHERE sequence = 2")
    await desk.tamper("UPDATE custody_entries SET node = '\\x00'::bytea WHERE sequence = 2")
    assert (await checked(desk, code)).state == State.CHANGED


async def test_a_code_of_nobody_is_unknown(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        assert await check(session, new_code(), keys=desk.keys, store=desk.store) is None


async def receipt(
    desk: Desk, case: CaseId, record: RecordId, *, sha256: bytes | None = None
) -> str:
    async with desk.sessions.begin() as session:
        return await issue(session, case, record, sha256=sha256)


async def checked(desk: Desk, code: str, *, sha256: str | None = None) -> Answer:
    async with desk.sessions.begin() as session:
        answer = await check(session, code, keys=desk.keys, store=desk.store, sha256=sha256)
    assert answer is not None
    return answer


async def signed(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        await sign_checkpoint(session, desk.keys)
