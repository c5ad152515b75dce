"""A signed-in browser: opened by its cookie alone, and not for ever."""

from base64 import urlsafe_b64decode
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Sessions
from core.identifiers import ProfessionalId
from dashboard import visits
from dashboard.tables import VisitRow
from dashboard.visits import IDLE, WHOLE, SignedOutError, Visit
from referrals.accounts import Profile
from referrals.professionals import enrol
from tests.support.desk import CHEAP, START
from vault.age import Identity
from vault.errors import SealError
from vault.keys import LocalKeyProvider

SECOND = timedelta(seconds=1)


@pytest.fixture
async def professional(sessions: Sessions, data: Path) -> ProfessionalId:
    keys = LocalKeyProvider.open(data / "server.key")
    profile = Profile(name="Amina Sample", email="amina@example.org")
    async with sessions.begin() as session:
        enrolment = await enrol(session, keys=keys, profile=profile, now=START, cost=CHEAP)
    return enrolment.account.id


async def begun(sessions: Sessions, who: ProfessionalId, identity: Identity) -> str:
    async with sessions.begin() as session:
        return await visits.begin(session, who, identity, now=START)


async def resumed(
    sessions: Sessions, cookie: str | None, after: timedelta, *, touch: bool = True
) -> Visit:
    async with sessions.begin() as session:
        return await visits.resume(session, cookie, now=START + after, touch=touch)


async def test_the_cookie_opens_the_identity(
    sessions: Sessions, professional: ProfessionalId
) -> None:
    identity = Identity.generate()
    visit = await resumed(sessions, await begun(sessions, professional, identity), SECOND)
    assert visit.professional == professional
    assert visit.identity.export() == identity.export()
    assert identity.export() not in repr(visit)


async def test_the_database_holds_neither_the_cookie_nor_the_identity(
    sessions: Sessions, professional: ProfessionalId
) -> None:
    identity = Identity.generate()
    secret = urlsafe_b64decode(await begun(sessions, professional, identity))
    async with sessions() as session:
        row = (await session.scalars(select(VisitRow))).one()
    for stored in (row.id, row.identity):
        assert secret not in stored
        assert identity.seed not in stored


async def test_it_ends_after_half_an_hour_of_rest(
    sessions: Sessions, professional: ProfessionalId
) -> None:
    cookie = await begun(sessions, professional, Identity.generate())
    await resumed(sessions, cookie, IDLE - SECOND)
    await resumed(sessions, cookie, IDLE - SECOND + IDLE - SECOND)
    with pytest.raises(SignedOutError):
        await resumed(sessions, cookie, 3 * IDLE)


async def test_a_page_that_only_stays_open_does_not_keep_it(
    sessions: Sessions, professional: ProfessionalId
) -> None:
    cookie = await begun(sessions, professional, Identity.generate())
    await resumed(sessions, cookie, IDLE - SECOND, touch=False)
    with pytest.raises(SignedOutError):
        await resumed(sessions, cookie, IDLE, touch=False)


async def test_it_ends_after_twelve_hours_however_busy(
    sessions: Sessions, professional: ProfessionalId
) -> None:
    cookie = await begun(sessions, professional, Identity.generate())
    quarters = int(WHOLE / timedelta(minutes=15))
    for quarter in range(1, quarters):
        await resumed(sessions, cookie, quarter * timedelta(minutes=15))
    with pytest.raises(SignedOutError):
        await resumed(sessions, cookie, WHOLE)


@pytest.mark.parametrize("cookie", [None, "", "not base64!", "QUJD", "ü", "A" * 44])
async def test_anything_else_opens_nothing(sessions: Sessions, cookie: str | None) -> None:
    with pytest.raises(SignedOutError):
        await resumed(sessions, cookie, SECOND)
    async with sessions.begin() as session:
        await visits.end(session, cookie)


async def test_signing_out_leaves_no_row_and_beginning_clears_those_that_ran_out(
    sessions: Sessions, professional: ProfessionalId
) -> None:
    first = await begun(sessions, professional, Identity.generate())
    async with sessions.begin() as session:
        await visits.end(session, first)
        assert (await session.scalars(select(VisitRow))).all() == []
    await begun(sessions, professional, Identity.generate())
    async with sessions.begin() as session:
        await visits.begin(session, professional, Identity.generate(), now=START + WHOLE)
    async with sessions() as session:
        assert len((await session.scalars(select(VisitRow))).all()) == 1


async def test_an_identity_moved_to_another_visit_does_not_open(
    sessions: Sessions, professional: ProfessionalId
) -> None:
    cookie = await begun(sessions, professional, Identity.generate())
    await begun(sessions, professional, Identity.generate())
    async with sessions.begin() as session:
        mine, other = (await session.scalars(select(VisitRow))).all()
        mine.identity, other.identity = other.identity, mine.identity
    with pytest.raises(SealError):
        await resumed(sessions, cookie, SECOND)
