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


async def hold_case(session: AsyncSession, case_id: CaseId) -> SealedCase:
    """The case's row; until this transaction ends nothing is sealed to it and nobody let in.

    Raises:
        GoneError: when there is no such case.
    """
    # Not from memory: another transaction may just have begun a generation.
    case = await session.get(SealedCase, case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise GoneError("there is no such case")
    return case


async def add_wrap(
    session: AsyncSession,
    case_id: CaseId,
    holder: str,
    sealed: bytes,
    at: datetime,
    *,
    generation: int = 1,
    added_by: str | None = None,
) -> None:
    """Keep one of the case's identities as one holder can open it."""
    row = {"case_id": case_id, "generation": generation, "holder": holder, "sealed": sealed}
    await session.execute(insert(Wrap).values(**row, added_by=added_by, created_at=at))


async def wraps_of(session: AsyncSession, case_id: CaseId, holder: str) -> dict[int, bytes]:
    """The holder's wraps by generation; none for who is not on the case."""
    query = select(Wrap.generation, Wrap.sealed).where(*_of(case_id, holder))
    return {row.generation: row.sealed for row in await session.execute(query)}


async def wraps_with(
    session: AsyncSession, case_id: CaseId, prefix: str, *, generation: int | None = None
) -> Sequence[Wrap]:
    """The wraps of a kind of holder (`professional:`), the oldest first."""
    query = select(Wrap).where(Wrap.case_id == case_id, Wrap.holder.startswith(prefix))
    if generation is not None:
        query = query.where(Wrap.generation == generation)
    return (await session.scalars(query.order_by(Wrap.created_at, Wrap.holder))).all()


async def drop_wraps(session: AsyncSession, case_id: CaseId, holder: str) -> bool:
    """Delete every wrap of a holder; whether there was one."""
    gone = delete(Wrap).where(*_of(case_id, holder)).returning(Wrap.id)
    return bool((await session.scalars(gone)).all())


async def take_wrap(session: AsyncSession, case_id: CaseId, holder: str) -> bytes | None:
    """Delete the holder's wrap and give it; of two who try, one gets nothing."""
    return await session.scalar(delete(Wrap).where(*_of(case_id, holder)).returning(Wrap.sealed))


async def next_record_id(session: AsyncSession) -> RecordId:
    """A number for a record that is still to be sealed to it."""
    sequence = func.pg_get_serial_sequence(SealedRecord.__tablename__, "id")
    return RecordId((await session.scalars(select(func.nextval(sequence)))).one())


async def add_record(session: AsyncSession, record: SealedRecord) -> None:
    """Keep a sealed record; whoever asked for the recipient holds the generation still."""
    generation = select(SealedCase.generation).where(SealedCase.id == record.case_id)
    record.generation = (await session.scalars(generation)).one()
    session.add(record)
    await session.flush()


async def record(
    session: AsyncSession, case_id: CaseId, record_id: RecordId
) -> SealedRecord | None:
    """One of the case's records, if it has it."""
    query = select(SealedRecord).where(
        SealedRecord.case_id == case_id, SealedRecord.id == record_id
    )
    return await session.scalar(query)


async def records_after(
    session: AsyncSession, case_id: CaseId, after: RecordId, kinds: Collection[str] | None
) -> Sequence[SealedRecord]:
    """The case's records after a known one, in order; files are opened one by one, not here."""
    query = select(SealedRecord).where(
        SealedRecord.case_id == case_id, SealedRecord.id > after, SealedRecord.kind != "file"
    )
    if kinds is not None:
        query = query.where(SealedRecord.kind.in_(kinds))
    return (await session.scalars(query.order_by(SealedRecord.id))).all()


async def remove_records(
    session: AsyncSession, case_id: CaseId, records: Collection[RecordId]
) -> None:
    """Delete single records of a case."""
    await session.execute(
        delete(SealedRecord).where(SealedRecord.case_id == case_id, SealedRecord.id.in_(records))
    )


async def doomed_objects(session: AsyncSession, case_id: CaseId) -> Sequence[ObjectRef]:
    """The case's objects; from here on nothing can be added to it.

    Raises:
        GoneError: when there is no such case.
    """
    await hold_case(session, case_id)
    objects = select(SealedRecord.object).where(
        SealedRecord.case_id == case_id, SealedRecord.object.is_not(None)
    )
    return [ObjectRef(ref) for ref in await session.scalars(objects) if ref]


async def remove_case(session: AsyncSession, case_id: CaseId) -> None:
    """Delete the case with its wraps and records."""
    await session.execute(delete(SealedCase).where(SealedCase.id == case_id))


def _of(case_id: CaseId, holder: str) -> tuple[ColumnElement[bool], ...]:
    return Wrap.case_id == case_id, Wrap.holder == holder
