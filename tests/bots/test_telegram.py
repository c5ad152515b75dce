"""Telegram's adapter against a small Bot API on loopback."""

import json
import logging
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.responses import PlainTextResponse, Response
from pydantic import SecretStr

from bots.adapter import (
    Arrived,
    Choice,
    ForgedError,
    MalformedError,
    Message,
    OptIn,
    OptOut,
    Outbound,
    PermanentError,
    RetryableError,
    Webhook,
)
from bots.telegram.adapter import Telegram
from bots.telegram.updates import read_update
from core.log import configure_logging
from tests.fakes.bot_api import TOKEN, BotApi, message, press, refusal, update

MARKER = TOKEN.partition(":")[2]


@pytest.fixture
def fresh_log() -> Iterator[None]:
    """Loggers as they were before, whatever a test configures."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def outbound(text: str = "hello", **extra: Any) -> Outbound:
    return Outbound(part=uuid4(), address="7", text=text, **extra)


# What arrives


def test_a_text_is_a_message() -> None:
    assert read_update(update(5, message=message("hello"))) == (
        Message(external_id="5", contact="7", kind="text", text="hello", ref="1"),
    )


def test_a_command_is_plain_text() -> None:
    (arrived,) = read_update(update(5, message=message("/start")))

    assert isinstance(arrived, Message)
    assert (arrived.kind, arrived.text) == ("text", "/start")


def test_a_pressed_button_is_a_choice_with_its_question() -> None:
    assert read_update(update(6, callback_query=press("12:when.lt24h"))) == (
        Message(
            external_id="6",
            contact="7",
            kind="choice",
            choice="when.lt24h",
            turn=12,
            receipt="receipt-1",
        ),
    )


@pytest.mark.parametrize("data", ["", "x", "12:", ":yes", "-1:yes", "٣:yes"])
def test_a_button_that_is_not_ours_is_nothing(data: str) -> None:
    assert read_update(update(6, callback_query=press(data))) == ()


def test_an_edit_is_an_edit() -> None:
    assert read_update(update(8, edited_message=message("better"))) == (
        Message(external_id="8", contact="7", kind="edit", text="better"),
    )


FILE = {"file_id": "f", "file_unique_id": "u"}


@pytest.mark.parametrize(
    ("content", "media"),
    [
        ({"photo": [{**FILE, "width": 1, "height": 1}]}, "photo"),
        ({"video": {**FILE, "width": 1, "height": 1, "duration": 1}}, "video"),
        ({"voice": {**FILE, "duration": 1}}, "audio"),
        ({"document": FILE}, "document"),
        ({"location": {"latitude": 1.5, "longitude": 2.5}}, "location"),
        ({"dice": {"emoji": "🎲", "value": 1}}, "other"),
    ],
)
def test_media_is_named_by_its_kind(content: dict[str, Any], media: str) -> None:
    (arrived,) = read_update(update(9, message=message() | {"caption": "look"} | content))

    assert isinstance(arrived, Message)
    assert (arrived.kind, arrived.media, arrived.text) == ("media", media, "look")


@pytest.mark.parametrize(
    ("status", "expected"), [("kicked", OptOut(contact="7")), ("member", OptIn(contact="7"))]
)
def test_blocking_the_bot_is_an_opt_out(status: str, expected: Arrived) -> None:
    person = message()["from"]
    bot = {"id": 1, "is_bot": True, "first_name": "B"}
    change = {
        "chat": {"id": 7, "type": "private"},
        "from": person,
        "date": 1_700_000_000,
        "old_chat_member": {"user": bot, "status": "member"},
        "new_chat_member": {"user": bot, "status": status, "until_date": 0},
    }

    assert read_update(update(10, my_chat_member=change)) == (expected,)


@pytest.mark.parametrize(
    "content",
    [
        {"message": message("hello all", kind="group")},
        {"message": message("beep") | {"from": {"id": 9, "is_bot": True, "first_name": "B"}}},
        {"message": message(new_chat_title="x")},
        {"poll_answer_of_a_later_version": {}},
    ],
)
def test_groups_bots_and_news_of_the_service_are_no_concern_of_ours(
    content: dict[str, Any],
) -> None:
    assert read_update(update(11, **content)) == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"x"',
        b"{}",
        b'{"update_id":1,"message":7}',
        b'{"update_id":1,"message":{"message_id":1,"date":1,"chat":{},"text":"x"}}',
        b"\xff",
    ],
)
async def test_what_is_no_update_is_refused(telegram: Telegram, raw: bytes) -> None:
    with pytest.raises(MalformedError):
        telegram.parse(raw)


async def test_updates_are_fetched_so_a_delivered_one_is_forged(telegram: Telegram) -> None:
    with pytest.raises(ForgedError):
        telegram.verify(Webhook(url="https://example.org/telegram", headers={}, body=b"{}"))


# What goes out


async def test_a_message_goes_out_protected_with_a_row_for_each_label(
    telegram: Telegram, api: BotApi
) -> None:
    choices = (Choice(id="yes", label="Yes"), Choice(id="no", label="No"))
    sent = await telegram.send(outbound(choices=choices, turn=4))

    ((method, content),) = api.calls
    assert (sent, method) == ("1", "sendMessage")
    assert (content["chat_id"], content["text"]) == ("7", "hello")
    assert json.loads(content["protect_content"]) is True
    assert json.loads(content["link_preview_options"]) == {"is_disabled": True}
    assert json.loads(content["reply_markup"])["inline_keyboard"] == [
        [{"text": "Yes", "callback_data": "4:yes"}],
        [{"text": "No", "callback_data": "4:no"}],
    ]


async def test_choices_that_the_text_lists_get_number_keys(telegram: Telegram, api: BotApi) -> None:
    choices = tuple(Choice(id=f"c{number}", label="long") for number in range(1, 11))
    await telegram.send(outbound(choices=choices, numbered=True, turn=4))

    rows = json.loads(api.calls[0][1]["reply_markup"])["inline_keyboard"]
    assert [[key["text"] for key in row] for row in rows] == [
        ["1", "2", "3", "4", "5", "6", "7", "8"],
        ["9", "10"],
    ]


@pytest.mark.parametrize(
    ("name", "method"), [("first_hours.png", "sendPhoto"), ("0a1b.ogg", "sendVoice")]
)
async def test_a_picture_or_voice_of_ours_goes_out_protected_under_a_name_that_tells_nothing(
    telegram: Telegram, api: BotApi, tmp_path: Path, name: str, method: str
) -> None:
    (tmp_path / name).write_bytes(b"content")

    ref = await telegram.send(Outbound(part=uuid4(), address="101", text="", asset=tmp_path / name))

    called, content = api.calls[-1]
    assert (called, ref) == (method, str(len(api.calls)))
    assert json.loads(content["protect_content"]) is True
    file = next(one for one in content.values() if hasattr(one, "filename"))
    assert file.filename == f"file{Path(name).suffix}"
    assert await file.read() == b"content"


async def test_a_pressed_button_is_let_rest(telegram: Telegram, api: BotApi) -> None:
    (pressed,) = read_update(update(1, callback_query=press("1:yes")))
    (typed,) = read_update(update(2, message=message("yes")))
    assert isinstance(pressed, Message)
    assert isinstance(typed, Message)

    await telegram.acknowledge(pressed)
    await telegram.acknowledge(typed)

    assert api.calls == [("answerCallbackQuery", {"callback_query_id": "receipt-1"})]


async def test_a_button_that_can_t_rest_any_more_is_no_error(
    telegram: Telegram, api: BotApi
) -> None:
    (pressed,) = read_update(update(1, callback_query=press("1:yes")))
    assert isinstance(pressed, Message)
    api.failures.append(refusal(400, "Bad Request: query is too old"))

    await telegram.acknowledge(pressed)

    assert not api.failures


async def test_telegram_can_t_be_asked_what_went_out(telegram: Telegram) -> None:
    assert await telegram.find(outbound(), datetime.now(UTC)) is None


# What goes wrong


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (refusal(403, "Forbidden: bot was blocked by the user"), "blocked"),
        (refusal(403, "Forbidden: user is deactivated"), "unroutable"),
        (refusal(400, "Bad Request: chat not found"), "unroutable"),
        (refusal(400, "Bad Request: message is too long"), "invalid"),
        (refusal(400, "Bad Request", migrate_to_chat_id=-5), "unroutable"),
        (refusal(401, "Unauthorized"), "configuration"),
        (refusal(404, "Not Found"), "configuration"),
    ],
)
async def test_a_refusal_for_good_names_its_problem(
    telegram: Telegram, api: BotApi, answer: Response, problem: str
) -> None:
    api.failures.append(answer)

    with pytest.raises(PermanentError) as caught:
        await telegram.send(outbound())

    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("answer", "after", "ambiguous"),
    [
        (refusal(429, "Too Many Requests: retry after 17", retry_after=17), 17.0, False),
        (refusal(409, "Conflict: terminated by other getUpdates request"), None, False),
        (refusal(502, "Bad Gateway"), None, True),
        (PlainTextResponse("<html>proxy</html>", status_code=503), None, True),
        (PlainTextResponse("<html>proxy</html>"), None, True),
    ],
)
async def test_a_refusal_for_now_says_when_and_whether_it_may_have_gone_out(
    telegram: Telegram, api: BotApi, answer: Response, after: float | None, *, ambiguous: bool
) -> None:
    api.failures.append(answer)

    with pytest.raises(RetryableError) as caught:
        await telegram.send(outbound())

    assert (caught.value.after, caught.value.ambiguous) == (after, ambiguous)


async def test_a_server_that_isn_t_there_got_nothing() -> None:
    adapter = Telegram(SecretStr(TOKEN), api_url="http://127.0.0.1:1")

    with pytest.raises(RetryableError) as caught:
        await adapter.send(outbound())

    assert not caught.value.ambiguous
    await adapter.close()


@pytest.mark.usefixtures("fresh_log")
async def test_neither_token_nor_words_show_in_log_or_error(
    telegram: Telegram, api: BotApi, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("test", level=logging.DEBUG)
    await telegram.updates(None, wait=0)
    api.failures = deque(
        [
            refusal(401, "Unauthorized"),
            refusal(400, f"Bad Request: SECRET-WORDS {TOKEN}"),
            PlainTextResponse(f"SECRET-WORDS {TOKEN}"),
        ]
    )
    for _ in range(3):
        with pytest.raises((PermanentError, RetryableError)) as caught:
            await telegram.send(outbound("SECRET-WORDS"))
        logging.getLogger("test").error("failed", exc_info=caught.value)
    await telegram.send(outbound("SECRET-WORDS"))

    printed = capsys.readouterr()
    written = printed.err + printed.out + repr(telegram) + str(caught.value)
    assert "failed" in written
    assert MARKER not in written
    assert "SECRET-WORDS" not in written
