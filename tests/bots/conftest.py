"""A gateway with a real database and fakes for all that is outside."""

from pathlib import Path

import pytest

from core.database import Sessions
from tests.fakes.gateway import Gateway


@pytest.fixture
def gateway(sessions: Sessions, data: Path) -> Gateway:
    """A gateway of this test's own."""
    return Gateway(sessions, data)
