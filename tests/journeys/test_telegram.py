"""The whole program on Telegram by polling: a person presses buttons of a small Bot API."""

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.fakes.bot_api import TOKEN, BotApi, message, press, update
from tests.fakes.loopback import serve
from tests.support.running import Running

WITHIN = 30


async def test_a_person_on_telegram_is_answered_with_buttons() -> None:
    api = BotApi()
    with tempfile.TemporaryDirectory() as directory:
        async with serve(api.app()) as address:
            program = Running(
                Path(directory) / "data", TELEGRAM_TOKEN=TOKEN, TELEGRAM_API_URL=address
            )
            await asyncio.to_thread(program.start)
            try:
                api.updates.append(update(1, message=message("/start")))
                await _until(lambda: len(_sent(api)) == 1)
                buttons = json.loads(_sent(api)[0]["reply_markup"])["inline_keyboard"]
                (english, *_), *_ = buttons
                assert english["text"] == "English *"  # nobody has reviewed the words
                api.updates.append(update(2, callback_query=press(english["callback_data"])))
                await _until(lambda: len(_sent(api)) >= 4)
            finally:
                await asyncio.to_thread(program.stop)
                said = program.said()
    assert "end-to-end" in _sent(api)[2]["text"]
    assert {one["protect_content"] for one in _sent(api)} == {"true"}
    assert TOKEN not in said


def _sent(api: BotApi) -> list[dict[str, str]]:
    return [content for method, content in api.calls if method == "sendMessage"]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not holds():  # noqa: ASYNC110 - what the server was asked is plain data
            await asyncio.sleep(0.05)
