"""Getting a case back by escrow, when nobody else can open it: three steps, the second offline.

1. The server writes a *request*: escrow's wraps of the cases, and the new public half of the
   professional who lost theirs. It tells nobody anything without the escrow identity.
2. On a machine without a network the holders of three shares answer it: each wrap is opened and
   sealed to the professional. The server never sees the escrow identity.
3. The server takes the *answer* in. Only its professional can open what is in it.

There is no other way back: whoever could reset a password on the server still opens no case.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BackUpError
from core.identifiers import CaseId, ProfessionalId
from vault import custody, repository
from vault.age import Identity, Recipient
from vault.cases import ESCROW, holder_of, wrapped
from vault.colleagues import lost
from vault.disclose import open_wrap
from vault.entries import Act, Action
from vault.errors import SealError
from vault.tables import Wrap

VERSION = 1


class RecoveryError(BackUpError):
    """A request or an answer can't be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWrap:
    """A case's identity of one generation, sealed to somebody."""

    case: CaseId
    generation: int
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A request or an answer: wraps, and for whom they are to be or have been made."""

    kind: str
    professional: ProfessionalId | None
    """None where a case's own identities are asked for."""
    recipient: Recipient | None
    wraps: tuple[CaseWrap, ...]

    def to_text(self) -> str:
        """The sheet as JSON, for a file that is carried by hand."""
        content = {
            "backup": f"escrow {self.kind}",
            "version": VERSION,
            "professional": str(self.professional) if self.professional else None,
            "recipient": str(self.recipient) if self.recipient else None,
            "wraps": [
                {
                    "case": str(wrap.case),
                    "generation": wrap.generation,
                    "sealed": b64encode(wrap.sealed).decode(),
                }
                for wrap in self.wraps
            ],
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str, *, kind: str) -> Self:
        """Read what `to_text` wrote.

        Raises:
            RecoveryError: it is no such sheet.
        """
        try:
            content = json.loads(text)
            if (content["backup"], content["version"]) != (f"escrow {kind}", VERSION):
                raise RecoveryError(f"this file is no escrow {kind} of this version")
            return cls(
                kind=kind,
                professional=_professional(content["professional"]),
                recipient=_recipient(content["recipient"]),
                wraps=tuple(_wrap(one) for one in content["wraps"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError, SealError) as error:
            raise RecoveryError(f"this file is no escrow {kind}, or it is damaged") from error

    def cases(self) -> dict[CaseId, tuple[CaseWrap, ...]]:
        """The wraps by case."""
        ids = dict.fromkeys(wrap.case for wrap in self.wraps)
        return {case: tuple(one for one in self.wraps if one.case == case) for case in ids}


REQUEST, ANSWER = "request", "answer"


async def lose(session: AsyncSession, professional: ProfessionalId) -> None:
    """Empty the places of somebody whose identity is gone, and remember them."""
    mine = Wrap.holder == holder_of(professional)
    cases = set(await session.scalars(select(Wrap.case_id).where(mine)))
    emptied = {"holder": lost(professional), "sealed": b""}
    await session.execute(update(Wrap).where(mine).values(emptied))
    for case_id in cases:
        act = Act(actor=f"holder:{professional}", action=Action.LEAVE, case_id=case_id)
        custody.log(session, act)


async def request(
    session: AsyncSession, professional: ProfessionalId, recipient: Recipient
) -> Sheet:
    """Ask escrow for every case of somebody who lost their identity."""
    places = select(Wrap.case_id).where(Wrap.holder == lost(professional)).distinct()
    cases = [CaseId(case) for case in await session.scalars(places)]
    wraps = [wrap for case in cases for wrap in await _escrow_wraps(session, case)]
    return Sheet(kind=REQUEST, professional=professional, recipient=recipient, wraps=tuple(wraps))


async def request_case(session: AsyncSession, case_id: CaseId) -> Sheet:
    """Ask escrow for a case's own identities, for a court's expert when nobody else can."""
    wraps = await _escrow_wraps(session, case_id)
    return Sheet(kind=REQUEST, professional=None, recipient=None, wraps=wraps)


def identities(asked: Sheet, escrow: Identity) -> list[tuple[CaseWrap, Identity]]:
    """What the wraps of a request hold; offline, with the escrow identity.

    Raises:
        RecoveryError: a wrap is for another escrow identity, or stands in another's place.
    """
    try:
        return [
            (wrap, open_wrap(wrap.sealed, wrap.case, ESCROW, wrap.generation, escrow))
            for wrap in asked.wraps
        ]
    except SealError as error:
        raise RecoveryError(
            "this escrow key does not open the request: it is another deployment's, or damaged"
        ) from error


def answer(asked: Sheet, escrow: Identity) -> Sheet:
    """Seal what was asked for to its professional; offline, with the escrow identity.

    Raises:
        RecoveryError: it is for nobody, or this escrow identity doesn't open it.
    """
    if asked.professional is None or asked.recipient is None:
        raise RecoveryError("this request is for no professional; ask for an identity file")
    holder, recipient = holder_of(asked.professional), asked.recipient
    wraps = tuple(
        CaseWrap(
            case=wrap.case,
            generation=wrap.generation,
            sealed=wrapped(one, wrap.case, holder, recipient, generation=wrap.generation),
        )
        for wrap, one in identities(asked, escrow)
    )
    return Sheet(
        kind=ANSWER, professional=asked.professional, recipient=asked.recipient, wraps=wraps
    )


async def take_in(
    session: AsyncSession, given: Sheet, recipient: Recipient, *, now: datetime
) -> tuple[int, int]:
    """Let the professional of an answer in again: how many cases, and how many need a new request.

    A case that was erased meanwhile, or was given to them otherwise, is passed over; one that has
    begun a generation since the request needs another request.

    Raises:
        RecoveryError: the answer is for nobody, or for an identity that they have no longer.
    """
    if given.professional is None or given.recipient != recipient:
        raise RecoveryError("this answer is for an identity that is no longer in use")
    taken = stale = 0
    for case_id, wraps in given.cases().items():
        if not await repository.wraps_of(session, case_id, lost(given.professional)):
            continue
        await repository.hold_case(session, case_id)
        known = await repository.wraps_of(session, case_id, ESCROW)
        if set(known) != {wrap.generation for wrap in wraps}:
            stale += 1
            continue
        await _let_in(session, case_id, given.professional, wraps, now)
        taken += 1
    return taken, stale


async def _let_in(
    session: AsyncSession,
    case_id: CaseId,
    professional: ProfessionalId,
    wraps: Iterable[CaseWrap],
    now: datetime,
) -> None:
    holder, digest, size = holder_of(professional), hashlib.sha256(), 0
    await repository.drop_wraps(session, case_id, lost(professional))
    for wrap in wraps:
        digest.update(wrap.sealed)
        size += len(wrap.sealed)
        await repository.add_wrap(
            session, case_id, holder, wrap.sealed, now, generation=wrap.generation
        )
    act = Act(
        actor=ESCROW,
        action=Action.RECOVER,
        case_id=case_id,
        sha256=digest.digest(),
        size=size,
    )
    custody.log(session, act)
    passive = Act(actor=f"holder:{professional}", action=Action.ADMIT, case_id=case_id)
    custody.log(session, passive)


async def _escrow_wraps(session: AsyncSession, case_id: CaseId) -> tuple[CaseWrap, ...]:
    """Escrow's wraps of a case, which leave the server now, and are written down as leaving it."""
    found = await repository.wraps_of(session, case_id, ESCROW)
    wraps = tuple(
        CaseWrap(case=case_id, generation=generation, sealed=sealed)
        for generation, sealed in sorted(found.items())
    )
    whole = b"".join(wrap.sealed for wrap in wraps)
    act = Act(
        actor="server",
        action=Action.EXPORT,
        case_id=case_id,
        sha256=hashlib.sha256(whole).digest(),
        size=len(whole),
    )
    custody.log(session, act)
    return wraps


def _wrap(fields: dict[str, Any]) -> CaseWrap:
    return CaseWrap(
        case=CaseId(UUID(fields["case"])),
        generation=int(fields["generation"]),
        sealed=b64decode(fields["sealed"], validate=True),
    )


def _professional(text: str | None) -> ProfessionalId | None:
    return None if text is None else ProfessionalId(UUID(text))


def _recipient(text: str | None) -> Recipient | None:
    return None if text is None else Recipient.parse(text)
