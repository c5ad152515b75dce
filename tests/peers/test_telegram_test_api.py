"""Telegram's adapter against the Bot API of the npm package telegram-test-api."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from bots.adapter import Arrived, Choice, Message, Outbound
from bots.telegram.adapter import Telegram
from bots.telegram.polling import poll
from tests.peers.npm import Install, free_port, running

PACKAGE = "telegram-test-api@4.2.1"
LAUNCHER = Path(__file__).with_name("telegram_test_api.js")
TOKEN = "4242:made-up"
PERSON = {"id": 7, "is_bot": False, "first_name": "A"}
CHAT = {"id": 7, "type": "private"}


@pytest.fixture
async def phone(npm: Install) -> AsyncIterator[httpx.AsyncClient]:
    """What a person's phone can do at that server."""
    modules, port = npm(PACKAGE), free_port()
    async with (
        running(str(LAUNCHER), str(port), modules=modules, ready="ready"),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield client


@pytest.fixture
async def telegram(phone: httpx.AsyncClient) -> AsyncIterator[Telegram]:
    adapter = Telegram(SecretStr(TOKEN), api_url=str(phone.base_url))
    yield adapter
    await adapter.close()


async def send(phone: httpx.AsyncClient, path: str, **content: Any) -> None:
    message = {"botToken": TOKEN, "from": PERSON, "chat": CHAT, "date": 1_700_000_000, **content}
    (await phone.post(path, json=message)).raise_for_status()


async def fetch(telegram: Telegram, wanted: int) -> list[Message]:
    kept: list[Message] = []
    done = asyncio.Event()

    async def keep(arrived: tuple[Arrived, ...]) -> None:
        kept.extend(one for one in arrived if isinstance(one, Message))
        if len(kept) >= wanted:
            done.set()

    task = asyncio.create_task(poll(telegram, keep))
    await asyncio.wait_for(done.wait(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return kept


async def test_a_conversation_with_buttons(phone: httpx.AsyncClient, telegram: Telegram) -> None:
    await send(phone, "/sendMessage", text="Bonjour à tous 😀")
    (said,) = await fetch(telegram, 1)
    choices = (Choice(id="when.lt24h", label="Hier"), Choice(id="dk", label="Je ne sais pas"))
    question = Outbound(part=uuid4(), address=said.contact, text="Quand ?", choices=choices, turn=2)
    sent = await telegram.send(question)

    seen = (await phone.post("/getUpdates", json={"token": TOKEN, "chatId": 7})).json()["result"]
    keyboard = seen[0]["message"]["reply_markup"]["inline_keyboard"]
    under = {"message_id": int(sent), "date": 1_700_000_000, "chat": CHAT, "from": PERSON}
    await send(phone, "/sendCallback", message=under, data=keyboard[1][0]["callback_data"])
    (pressed,) = await fetch(telegram, 1)
    await telegram.acknowledge(pressed)

    assert said.text == "Bonjour à tous 😀"
    assert (seen[0]["message"]["text"], seen[0]["messageId"]) == ("Quand ?", int(sent))
    assert [row[0]["text"] for row in keyboard] == ["Hier", "Je ne sais pas"]
    assert (pressed.kind, pressed.choice, pressed.turn) == ("choice", "dk", 2)
    assert pressed.contact == said.contact == "7"


async def test_messages_come_in_order(phone: httpx.AsyncClient, telegram: Telegram) -> None:
    for number in range(20):
        await send(phone, "/sendMessage", text=str(number))

    assert [one.text for one in await fetch(telegram, 20)] == [str(n) for n in range(20)]
