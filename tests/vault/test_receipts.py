"""Receipt codes: what a slip of the finger does, and what the table tells without them."""

from itertools import combinations
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.errors import GoneError
from core.identifiers import CaseId, RecordId
from tests.vault.desk import Desk, Professional
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
