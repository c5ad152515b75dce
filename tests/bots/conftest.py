"""A gateway with a real database and fakes for all that is outside."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bots.telegram.adapter import Telegram
from core.database import Sessions
from tests.fakes.bot_api import TOKEN, BotApi
from tests.fakes.gateway import Gateway
from tests.fakes.loopback import serve


@pytest.fixture
def gateway(sessions: Sessions, data: Path) -> Gateway:
    """A gateway of this test's own."""
    return Gateway(sessions, data)


@pytest.fixture
def api() -> BotApi:
    return BotApi()


@pytest.fixture
async def telegram(api: BotApi) -> AsyncIterator[Telegram]:
    async with serve(api.app()) as url:
        adapter = Telegram(SecretStr(TOKEN), api_url=url)
        yield adapter
        await adapter.close()
