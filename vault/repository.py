"""The SQL of cases, their wraps and their records; it never commits."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import GoneError
from core.identifiers import CaseId, RecordId
from vault.age import Recipient
from vault.store import ObjectRef
from vault.tables import SealedCase, SealedRecord, Wrap


async def add_case(
    session: AsyncSession, case_id: CaseId, recipient: Recipient, at: datetime
) -> None:
    """Keep a case's public half."""
    row = {"id": case_id, "recipient": str(recipient), "opened_at": at}
    await session.execute(insert(SealedCase).values(row))


async def recipient_of(session: AsyncSession, case_id: CaseId) -> Recipient:
    """To whom the case's material is sealed; until this transaction ends it can't be shredded.

    Raises:
        GoneError: when there is no such case.
    """
    query = select(SealedCase.recipient).where(SealedCase.id == case_id)
    text = await session.scalar(query.with_for_update(read=True, key_share=True))
    if text is None:
        raise GoneError("there is no such case")
    return Recipient.parse(text)


async def add_wrap(
    session: AsyncSession, case_id: CaseId, holder: str, sealed: bytes, at: datetime
) -> None:
    """Keep the case's identity as one holder can open it."""
    row = {"case_id": case_id, "holder": holder, "sealed": sealed, "created_at": at}
    await session.execute(insert(Wrap).values(row))


async def wrap_of(session: AsyncSession, case_id: CaseId, holder: str) -> bytes | None:
    """The holder's wrap, if there is one."""
    return await session.scalar(select(Wrap.sealed).where(*_of(case_id, holder)))


async def take_wrap(session: AsyncSession, case_id: CaseId, holder: str) -> bytes | None:
    """Delete the holder's wrap and give it; of two who try, one gets nothing."""
    return await session.scalar(delete(Wrap).where(*_of(case_id, holder)).returning(Wrap.sealed))


async def next_record_id(session: AsyncSession) -> RecordId:
    """A number for a record that is still to be sealed to it."""
    sequence = func.pg_get_serial_sequence(SealedRecord.__tablename__, "id")
    return RecordId((await session.scalars(select(func.nextval(sequence)))).one())


async def add_record(session: AsyncSession, record: SealedRecord) -> None:
    """Keep a sealed record."""
    session.add(record)
    await session.flush()


async def records_after(
    session: AsyncSession, case_id: CaseId, after: RecordId, kinds: Collection[str] | None
) -> Sequence[SealedRecord]:
    """The case's records after a known one, in order."""
    query = select(SealedRecord).where(SealedRecord.case_id == case_id, SealedRecord.id > after)
    if kinds is not None:
        query = query.where(SealedRecord.kind.in_(kinds))
    return (await session.scalars(query.order_by(SealedRecord.id))).all()


async def doomed_objects(session: AsyncSession, case_id: CaseId) -> Sequence[ObjectRef]:
    """The case's objects; from here on nothing can be added to it.

    Raises:
        GoneError: when there is no such case.
    """
    case = select(SealedCase.id).where(SealedCase.id == case_id).with_for_update()
    if await session.scalar(case) is None:
        raise GoneError("there is no such case")
    objects = select(SealedRecord.object).where(
        SealedRecord.case_id == case_id, SealedRecord.object.is_not(None)
    )
    return [ObjectRef(ref) for ref in await session.scalars(objects) if ref]


async def remove_case(session: AsyncSession, case_id: CaseId) -> None:
    """Delete the case with its wraps and records."""
    await session.execute(delete(SealedCase).where(SealedCase.id == case_id))


def _of(case_id: CaseId, holder: str) -> tuple[ColumnElement[bool], ...]:
    return Wrap.case_id == case_id, Wrap.holder == holder
