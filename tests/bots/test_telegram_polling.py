"""Updates of Telegram are fetched, kept, and only then confirmed."""

import asyncio
from collections import deque

import pytest

from bots.adapter import Arrived, Message
from bots.telegram.adapter import Telegram
from bots.telegram.polling import poll
from core.errors import ConfigurationError
from tests.fakes.bot_api import BotApi, message, refusal, update


class Inbox:
    """Keeps what it is given, refuses when told to, and says when it has so many."""

    def __init__(self, wanted: int) -> None:
        self.kept: list[str] = []
        self.refusals = 0
        self.done = asyncio.Event()
        self._wanted = wanted

    async def keep(self, arrived: tuple[Arrived, ...]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError
        for one in arrived:
            assert isinstance(one, Message)
            self.kept.append(one.external_id)
        if len(self.kept) >= self._wanted:
            self.done.set()


class Pauses:
    """Pauses that take no time."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


async def fetch(telegram: Telegram, inbox: Inbox, pauses: Pauses) -> None:
    """Fetch until the inbox has what it wants and the next question was asked."""
    task = asyncio.create_task(poll(telegram, inbox.keep, pause=pauses))
    await asyncio.wait_for(inbox.done.wait(), timeout=10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_update_is_confirmed_only_once_it_is_kept(telegram: Telegram, api: BotApi) -> None:
    api.updates = [update(5, message=message("one")), update(6, message=message("two"))]
    inbox, pauses = Inbox(wanted=2), Pauses()
    inbox.refusals = 2

    await fetch(telegram, inbox, pauses)

    assert inbox.kept == ["5", "6"]
    assert api.offsets[:3] == [None, None, None]
    assert pauses.taken == [1.0, 2.0]


async def test_the_offset_is_sent_once_and_ids_may_fall(telegram: Telegram, api: BotApi) -> None:
    api.updates = [update(900, message=message("b")), update(899, message=message("a"))]
    api.later = [update(3, message=message("after a quiet week"))]
    inbox, pauses = Inbox(wanted=3), Pauses()

    await fetch(telegram, inbox, pauses)

    assert inbox.kept == ["900", "899", "3"]
    assert api.offsets[:3] == [None, 901, None]


async def test_an_update_that_can_t_be_read_holds_up_nobody(
    telegram: Telegram, api: BotApi
) -> None:
    api.updates = [update(1, message={"text": "no chat"}), update(2, message=message("fine"))]
    inbox, pauses = Inbox(wanted=1), Pauses()

    await fetch(telegram, inbox, pauses)

    assert inbox.kept[0] == "2"
    assert not pauses.taken


async def test_a_provider_that_is_down_is_asked_again_as_it_wishes(
    telegram: Telegram, api: BotApi
) -> None:
    api.updates = [update(1, message=message("hello"))]
    api.failures = deque(
        [
            refusal(502, "Bad Gateway"),
            refusal(429, "Too Many Requests", retry_after=9),
            refusal(409, "Conflict"),
        ]
    )
    inbox, pauses = Inbox(wanted=1), Pauses()

    await fetch(telegram, inbox, pauses)

    assert pauses.taken == [1.0, 9.0, 4.0]


async def test_a_wrong_token_stops_with_the_variable_s_name(
    telegram: Telegram, api: BotApi
) -> None:
    api.failures.append(refusal(401, "Unauthorized"))

    with pytest.raises(ConfigurationError, match="TELEGRAM_TOKEN"):
        await poll(telegram, Inbox(wanted=1).keep)
