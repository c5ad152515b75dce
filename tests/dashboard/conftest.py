"""A dashboard that serves on loopback, and people who work with it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.database import Sessions
from referrals.accounts import Enrolment
from tests.support.desk import Desk, open_desk


@pytest.fixture
async def desk(sessions: Sessions, database_url: str, data: Path) -> AsyncIterator[Desk]:
    """The dashboard."""
    async with open_desk(sessions, database_url, data) as opened:
        yield opened


@pytest.fixture
async def amina(desk: Desk) -> Enrolment:
    """A doctor."""
    return await desk.enrol("Amina Sample")


@pytest.fixture
async def bruno(desk: Desk) -> Enrolment:
    """Another doctor."""
    return await desk.enrol("Bruno Sample")


@pytest.fixture
async def admin(desk: Desk) -> Enrolment:
    """An admin."""
    return await desk.enrol("Admin Sample", role="admin", services=())
