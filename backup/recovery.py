"""The two steps of recovery by escrow that need the database: `request` and `import`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backup.database import open_database
from core.database import open_engine, open_sessions
from core.errors import NotAllowedError
from core.identifiers import CaseId
from core.settings import Settings
from referrals.accounts import Account
from referrals.professionals import account, accounts
from referrals.tables import CaseRow
from vault.escrow import fingerprint
from vault.keys import KeyProvider, open_keys
from vault.recovery import ANSWER, RecoveryError, Sheet, request, request_case, take_in

T = TypeVar("T")


def write_request(
    settings: Settings, file: Path, *, email: str | None, reference: str | None
) -> None:
    """Write what escrow must open for a professional, or of one case; the log says that it left."""
    keys = open_keys(settings)

    async def ask(session: AsyncSession) -> Sheet:
        if email is None:
            return await request_case(session, await _case(session, reference or ""))
        who = await _account(session, email, keys)
        return await request(session, who.id, who.recipient)

    sheet = asyncio.run(_within(settings, ask))
    if not sheet.wraps:
        raise RecoveryError("there is nothing to recover: start the sign-in anew first")
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(sheet.to_text())
    print(f"{len(sheet.cases())} cases; carry {file} to where the shares are")
    if sheet.recipient is not None:
        print(f"the professional's key  {fingerprint(sheet.recipient)}")


def import_answer(settings: Settings, text: str) -> None:
    """Take an answer in."""
    given, keys = Sheet.from_text(text, kind=ANSWER), open_keys(settings)
    if given.professional is None:
        raise RecoveryError("this answer is for nobody")
    who = given.professional

    async def take(session: AsyncSession) -> tuple[int, int]:
        recipient = (await account(session, who, keys=keys)).recipient
        return await take_in(session, given, recipient, now=datetime.now(UTC))

    taken, stale = asyncio.run(_within(settings, take))
    print(f"{taken} cases are open to their professional again")
    if stale:
        print(f"{stale} cases got a new key since the request: make another request for them")


async def _within(settings: Settings, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async with open_database(settings) as database:
        engine = open_engine(database.url)
        async with open_sessions(engine).begin() as session:
            done = await work(session)
        await engine.dispose()
    return done


async def _account(session: AsyncSession, email: str, keys: KeyProvider) -> Account:
    for one in await accounts(session, keys=keys):
        if one.profile.email.casefold() == email.strip().casefold():
            return one
    raise NotAllowedError("nobody is enrolled with this e-mail")


async def _case(session: AsyncSession, reference: str) -> CaseId:
    case_id = await session.scalar(select(CaseRow.id).where(CaseRow.reference == reference.upper()))
    if case_id is None:
        raise NotAllowedError("there is no such case")
    return CaseId(case_id)
