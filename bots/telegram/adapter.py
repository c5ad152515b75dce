"""Telegram's adapter: updates in, messages with buttons out.

Invariants: the token shows in no log and no error; what we send can't be forwarded or saved.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from pydantic import SecretStr
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bots.adapter import (
    Arrived,
    Attached,
    Capabilities,
    Choice,
    ForgedError,
    Incoming,
    MalformedError,
    Message,
    Outbound,
    PermanentError,
    Webhook,
)
from bots.capabilities import TELEGRAM
from bots.media.download import download
from bots.telegram.errors import translate
from bots.telegram.updates import read_update

API = "https://api.telegram.org"
WANTED = ("message", "edited_message", "callback_query", "my_chat_member")
KEYS_A_ROW = 8
WIPED_AT_ONCE = 100
CLOUD_FILE = 20_000_000
"""Bytes of the largest file that Telegram's own Bot API hands out."""


class DiscreetRequest(HTTPXRequest):
    """The library's client, which else writes an answer that it can't read into the log."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer."""
        try:
            answer: dict[str, Any] = json.loads(payload)
        except ValueError:
            raise TelegramError("the answer is not JSON") from None
        return answer


class Telegram:
    """One bot."""

    def __init__(
        self,
        token: SecretStr,
        *,
        api_url: str = API,
        largest_file: int = CLOUD_FILE,
    ) -> None:
        """Take the bot's token, the address of the Bot API that knows it, and its largest file."""
        self._client = httpx.AsyncClient()
        self._files = f"{api_url.rstrip('/')}/file/bot{token.get_secret_value()}"
        self._capabilities = replace(TELEGRAM, files=largest_file)
        self._polls = DiscreetRequest(connection_pool_size=1)
        self._calls = DiscreetRequest()
        self._bot = Bot(
            token.get_secret_value(),
            base_url=f"{api_url.rstrip('/')}/bot",
            base_file_url=f"{api_url.rstrip('/')}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )

    def __repr__(self) -> str:
        return "<Telegram>"

    async def close(self) -> None:
        """Let go of the connections."""
        await self._polls.shutdown()
        await self._calls.shutdown()
        await self._client.aclose()

    @property
    def name(self) -> str:
        """The channel's name."""
        return "telegram"

    @property
    def capabilities(self) -> Capabilities:
        """What a bot can do in a private chat."""
        return self._capabilities

    def verify(self, webhook: Webhook) -> None:  # noqa: ARG002
        """Updates are fetched, so whoever delivers one unasked is not Telegram."""
        raise ForgedError("updates are fetched, not delivered")

    def parse(self, raw: bytes) -> tuple[Arrived, ...]:
        """Translate one update."""
        try:
            content = json.loads(raw)
        except ValueError:
            raise MalformedError("not an update of Telegram") from None
        return read_update(content)

    async def updates(self, offset: int | None, *, wait: int) -> list[dict[str, Any]]:
        """Updates as they come, after at most `wait` seconds; those before `offset` are confirmed.

        Raises:
            RetryableError: out of reach, or another process fetches too.
            PermanentError: the token is not valid.
        """
        asked: dict[str, Any] = {"timeout": wait, "allowed_updates": json.dumps(WANTED)}
        if offset is not None:
            asked["offset"] = offset
        try:
            # Not by `Bot.get_updates`: one update that it can't read would spoil all, and it
            # writes them into the log.
            found: Any = await self._polls.post(
                f"{self._bot.base_url}/getUpdates?{urlencode(asked)}", read_timeout=wait + 5
            )
        except TelegramError as error:
            raise translate(error) from None
        return list(found)

    async def send(self, outbound: Outbound) -> str:
        """Send one message; its choices are buttons."""
        if outbound.asset is not None:
            return await self._send_asset(outbound.address, outbound.asset)
        try:
            message = await self._bot.send_message(
                outbound.address,
                outbound.text,
                reply_markup=_keyboard(outbound),
                protect_content=True,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            raise translate(error) from None
        return str(message.message_id)

    async def _send_asset(self, address: str, asset: Path) -> str:
        """Send a picture or a voice note of ours, under a name that tells nothing."""
        send = self._bot.send_voice if asset.suffix == ".ogg" else self._bot.send_photo
        try:
            message = await send(
                address, asset, protect_content=True, filename=f"file{asset.suffix}"
            )
        except TelegramError as error:
            raise translate(error) from None
        return str(message.message_id)

    async def acknowledge(self, message: Message) -> None:
        """Let the pressed button rest."""
        if message.receipt is None:
            return
        try:
            await self._bot.answer_callback_query(message.receipt)
        except TelegramError:
            return  # too late, or out of reach: the button rests by itself after a while

    @asynccontextmanager
    async def open_file(self, attached: Attached) -> AsyncIterator[Incoming]:
        """Ask where the file lies, and fetch it there; that address holds the token."""
        try:
            found = await self._bot.get_file(attached.ref)
        except TelegramError as error:
            raise translate(error) from None
        path = (found.file_path or "").rpartition(f"{self._files}/")[2]
        if not path or path.startswith("/") or ".." in path.split("/") or ":" in path:
            raise PermanentError("unreachable")
        async with download(self._client, f"{self._files}/{quote(path)}") as incoming:
            yield incoming

    async def release(self, attached: Attached) -> None:
        """A bot can't delete a file of Telegram's, only the message in the person's own chat."""

    async def forget(self, address: str) -> None:
        """Telegram passes on everything at once."""

    async def wipe(self, address: str, refs: Sequence[str]) -> None:
        """Delete messages for both sides; Telegram does that for 48 hours."""
        for start in range(0, len(refs), WIPED_AT_ONCE):
            ids = [int(ref) for ref in refs[start : start + WIPED_AT_ONCE]]
            try:
                await self._bot.delete_messages(address, ids)
            except TelegramError:
                return  # out of reach or too old: the person is told how to delete the rest

    async def find(self, outbound: Outbound, since: datetime) -> str | None:  # noqa: ARG002
        """Telegram doesn't let a bot look back."""
        return None


def callback_data(turn: int | None, choice: Choice) -> str:
    """What a button sends back: the question it stood under and its choice, at most 64 bytes."""
    return f"{turn or 0}:{choice.id}"


def _keyboard(outbound: Outbound) -> InlineKeyboardMarkup | None:
    """A row for each label; where the text lists the labels, keys with their numbers."""
    if not outbound.choices:
        return None
    buttons = [
        InlineKeyboardButton(
            str(number) if outbound.numbered else choice.label,
            callback_data=callback_data(outbound.turn, choice),
        )
        for number, choice in enumerate(outbound.choices, 1)
    ]
    return InlineKeyboardMarkup(_rows(buttons, KEYS_A_ROW if outbound.numbered else 1))


def _rows(
    buttons: Sequence[InlineKeyboardButton], width: int
) -> list[Sequence[InlineKeyboardButton]]:
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]
