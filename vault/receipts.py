"""Receipts: a code with which anyone can ask whether something was received and is unchanged.

The code is the only key to its row: the row's number and what it points to are derived from it and
sealed under it, so that the table alone tells neither whose it is nor what it is for. It outlives
the case; then it says that what was sent is deleted.
"""

import json
import secrets
import unicodedata
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base
from core.errors import GoneError
from core.identifiers import CaseId, RecordId
from vault.envelope import DataKey
from vault.tables import SealedRecord

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for a digit, and no U that makes words."""
LENGTH = 16
"""15 random symbols (75 bits) and a check symbol."""
GROUP = 4

_MISREAD = str.maketrans("OIL", "011")
_WHERE = "receipt"
# Every row is as long as any other, or those for files would be told from those for reports.
_PADDED = 192
_FIELD = 0b100101
"""x⁵ + x² + 1, by which the 32 symbols are a field with the generator 2."""


class ReceiptRow(Base):
    """What a code points to, sealed under that code."""

    __tablename__ = "receipts"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What a receipt is for; `sha256` is that of a file's bytes as they were delivered."""

    case_id: CaseId
    record_id: RecordId
    sha256: str | None = field(default=None, repr=False)


async def issue(
    session: AsyncSession, case_id: CaseId, record_id: RecordId, *, sha256: bytes | None = None
) -> str:
    """A fresh code for a record, to be shown to its sender once and kept by nobody else.

    With a file's own `sha256` (32 bytes) whoever has both code and file can compare them; neither
    tells the other.
    """
    code = new_code()
    pointer = {
        "case": str(case_id),
        "record": record_id,
        "sha256": None if sha256 is None else sha256.hex(),
    }
    sealed = _key(code).seal(json.dumps(pointer).ljust(_PADDED).encode(), context=_WHERE)
    await session.execute(insert(ReceiptRow).values(id=_derived(code, "row"), sealed=sealed))
    return code


async def issue_for_latest(session: AsyncSession, case_id: CaseId, kind: str) -> str:
    """The same for the latest record of a kind in a case.

    Raises:
        GoneError: there is none.
    """
    latest = select(func.max(SealedRecord.id)).where(
        SealedRecord.case_id == case_id, SealedRecord.kind == kind
    )
    record_id = await session.scalar(latest)
    if record_id is None:
        raise GoneError("there is no such record")
    return await issue(session, case_id, RecordId(record_id))


async def find(session: AsyncSession, code: str) -> Pointer | None:
    """What a code (as `read_code` gives it) is for; None if it is nobody's."""
    sealed = await session.scalar(
        select(ReceiptRow.sealed).where(ReceiptRow.id == _derived(code, "row"))
    )
    if sealed is None:
        return None
    fields = json.loads(_key(code).unseal(sealed, context=_WHERE))
    return Pointer(
        case_id=CaseId(UUID(fields["case"])),
        record_id=RecordId(fields["record"]),
        sha256=fields["sha256"],
    )


def new_code() -> str:
    """A fresh code, as it is shown: `7K3M-9QXF-…`."""
    symbols = [secrets.randbelow(len(ALPHABET)) for _ in range(LENGTH - 1)]
    symbols.append(_double(_checked(symbols)))
    text = "".join(ALPHABET[symbol] for symbol in symbols)
    return "-".join(text[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def read_code(text: str) -> str | None:
    """The code in what was typed, in any script's digits and any case; None if it can't be one."""
    kept = "".join(str(unicodedata.decimal(c, c)) for c in text if c.isalnum())
    symbols = [ALPHABET.find(letter) for letter in kept.upper().translate(_MISREAD)]
    if len(symbols) != LENGTH or -1 in symbols or _checked(symbols):
        return None
    code = "".join(ALPHABET[symbol] for symbol in symbols)
    return "-".join(code[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def _checked(symbols: list[int]) -> int:
    """A sum in which each symbol weighs a power of 2 in the field of 32; 0 for a whole code.

    Any one wrong symbol and any two that changed places are noticed.
    """
    total = 0
    for symbol in symbols:
        total = _double(total) ^ symbol
    return total


def _double(value: int) -> int:
    value <<= 1
    return value ^ _FIELD if value >= len(ALPHABET) else value


def _key(code: str) -> DataKey:
    return DataKey(_derived(code, "key"))


def _derived(code: str, purpose: str) -> bytes:
    info = f"backup/receipt/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(code.encode())
