"""The chat of a case as its professional sees it: messages, their delivery, and where one stopped.

Records of a case are numbered in the order in which they are committed (its conversation is held
while one is added), so "after the last one seen" misses nothing and repeats nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.identifiers import CaseId, ProfessionalId, RecordId
from dashboard.evidence import File, read_file
from referrals.handover import Delivery, MyCase
from vault.disclose import Record
from vault.preserve import MANIFEST
from vault.tables import SealedRecord

MESSAGE, REPORT, CONSENT = "message", "report", "consent"
BUBBLES = (MESSAGE, MANIFEST)
BEGINNING = RecordId(0)
LONGEST = 1500
"""Characters of one reply: what every channel takes in one part (an SMS by Twilio has 1,600)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One bubble; `side` is person, me, colleague or program."""

    id: RecordId
    side: str
    text: str = field(repr=False)
    at: datetime
    delivery: Delivery | None
    file: File | None = None
    """A file in the place of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """What a page has shown: the latest record, and who answers the chat."""

    record: RecordId
    owner: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote; anything else is the beginning."""
        record, _, owner = text.partition(".")
        return cls(record=RecordId(int(record) if record.isdecimal() else 0), owner=owner)

    def __str__(self) -> str:
        return f"{self.record}.{self.owner}"


def messages(
    records: Iterable[Record], *, reader: ProfessionalId, known: Mapping[RecordId, Delivery]
) -> list[Message]:
    """The messages among a case's records."""
    return [
        Message(
            id=record.id,
            side=_side(record.author, reader),
            text=record.content.decode() if record.kind == MESSAGE else "",
            at=record.created_at,
            delivery=known.get(record.id),
            file=read_file(record) if record.kind == MANIFEST else None,
        )
        for record in records
        if record.kind in BUBBLES
    ]


def desk(case: MyCase, **values: Any) -> dict[str, Any]:
    """What the foot of the chat shows: where one writes, or takes the chat."""
    blank = {"notice": None, "problem": None, "draft": "", "fresh": False}
    return {**blank, "case": case, "longest": LONGEST, **values}


async def newest(session: AsyncSession, case_id: CaseId) -> RecordId:
    """The number of the case's latest record; whether there is something new costs no reading."""
    latest = select(func.max(SealedRecord.id)).where(SealedRecord.case_id == case_id)
    return RecordId(await session.scalar(latest) or 0)


def _side(author: str, reader: ProfessionalId) -> str:
    if author == f"professional:{reader}":
        return "me"
    return {"survivor": "person", "bot": "program"}.get(author, "colleague")
