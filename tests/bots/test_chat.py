"""`backup chat` against the simulator's real routes, with a small bot behind them."""

import asyncio
import json
import os
import pty
import sys
import threading
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Self
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from backup.chat import add_arguments, run
from backup.chat.command import ScriptError
from backup.chat.phone import NoGatewayError, Phone, RefusedError, SilentError
from bots.adapter import Adapter, Arrived, Choice, Message, Outbound
from bots.simulator.adapter import Simulator, simulators
from bots.simulator.routes import routes
from core.database import Sessions
from core.settings import Settings
from tests.fakes.loopback import serve
from vault.keys import LocalKeyProvider

PHONE = "+999123456789"
YES_NO = (Choice(id="yes", label="Yes"), Choice(id="no", label="No"))
MANY = tuple(Choice(id=f"c{number}", label=f"Choice {number}") for number in range(1, 13))


class Bot:
    """Answers each message once, as its first word asks, through the simulator it came by."""

    def __init__(self, sessions: Sessions, keys: LocalKeyProvider) -> None:
        self.simulators = {one.name: one for one in simulators(sessions, keys)}
        self.heard: list[Message] = []
        self.calm = True
        self.turn = 0

    def app(self) -> FastAPI:
        """A gateway around the bot, as new."""
        app = FastAPI()
        app.include_router(routes(self.simulators.values(), self.ingest, self.settled))
        return app

    async def settled(self, channel: str, contact: str) -> bool:
        del channel, contact
        return self.calm

    async def ingest(self, adapter: Adapter, arrived: tuple[Arrived, ...]) -> None:
        for one in arrived:
            assert isinstance(one, Message)
            if one.external_id in {heard.external_id for heard in self.heard}:
                return
            self.heard.append(one)
            await self.answer(adapter, one)

    async def answer(self, adapter: Adapter, message: Message) -> None:
        self.turn += 1
        choices = {"ask": YES_NO, "many": MANY}.get(message.text or "", ())
        numbered = adapter.name == "simulator-sms" and bool(choices)
        lines = [f"{number} {choice.label}" for number, choice in enumerate(choices, 1)]
        text = "\n".join([f"answer {self.turn}", *(lines if numbered else [])])
        await self.say(adapter, text, choices, numbered=numbered)

    async def say(
        self,
        adapter: Adapter,
        text: str,
        choices: tuple[Choice, ...] = (),
        *,
        numbered: bool = False,
    ) -> None:
        await adapter.send(
            Outbound(
                part=uuid4(),
                address=PHONE,
                text=text,
                choices=choices,
                numbered=numbered,
                turn=self.turn,
            )
        )

    @property
    def telegram(self) -> Simulator:
        return self.simulators["simulator-telegram"]


@pytest.fixture
def bot(sessions: Sessions, data: Path) -> Bot:
    return Bot(sessions, LocalKeyProvider.open(data / "server.key"))


@pytest.fixture
async def gateway(bot: Bot) -> AsyncIterator[str]:
    async with serve(bot.app()) as url:
        yield url


async def chat(gateway: str, *arguments: str) -> int:
    """Run the command in a thread, as it would run in a process of its own."""
    parser = ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["--phone", PHONE, "--gateway", gateway, *arguments])
    return await asyncio.to_thread(run, args, Settings())


def script(folder: Path, *lines: str) -> str:
    path = folder / "script.txt"
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


# Scripts


async def test_a_script_is_played_line_by_line_and_comments_are_not_sent(
    gateway: str, bot: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = script(tmp_path, "# a comment", "hello", "", "   ", "#1 is no comment")

    assert await chat(gateway, "--channel", "telegram", "--script", lines) == 0

    assert [one.text for one in bot.heard] == ["hello", "#1 is no comment"]
    shown = [line.split("   ")[0] for line in capsys.readouterr().out.splitlines()]
    assert [line for line in shown if line.strip()[0] in ">│"] == [
        "> hello",
        "│ answer 1",
        "> #1 is no comment",
        "│ answer 2",
    ]


async def test_json_is_one_object_a_line_and_nothing_else(
    gateway: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = script(tmp_path, "ask", "1")

    await chat(gateway, "--channel", "sms", "--json", "--script", lines)

    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects[:2] == [
        {
            "from": "survivor",
            "text": "ask",
            "choices": [],
            "segments": 1,
            "encoding": "GSM-7",
        },
        {
            "from": "backup",
            "text": "answer 1\n1 Yes\n2 No",
            "choices": [{"number": 1, "label": "Yes"}, {"number": 2, "label": "No"}],
            "segments": 1,
            "encoding": "GSM-7",
        },
    ]
    assert [one["from"] for one in objects] == ["survivor", "backup"] * 2


async def test_off_sms_there_are_no_segments(
    gateway: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await chat(gateway, "--channel", "whatsapp", "--json", "--script", script(tmp_path, "hello"))

    for line in capsys.readouterr().out.splitlines():
        assert (json.loads(line)["segments"], json.loads(line)["encoding"]) == (None, None)


async def test_a_number_presses_the_button_of_the_newest_question(
    gateway: str, bot: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = script(tmp_path, "ask", "2", "2", "ask", "3")

    await chat(gateway, "--channel", "telegram", "--script", lines)

    assert [(one.text, one.choice, one.turn) for one in bot.heard] == [
        ("ask", None, None),
        (None, "no", 1),
        ("2", None, None),  # the answer to the press was a later question without buttons
        ("ask", None, None),
        ("3", None, None),  # there is no third button
    ]
    shown = capsys.readouterr().out
    assert "│ [ 1 · Yes ]\n│ [ 2 · No ]" in shown
    assert "> 2   [ No ]" in shown


async def test_a_number_on_sms_is_a_text(gateway: str, bot: Bot, tmp_path: Path) -> None:
    await chat(gateway, "--channel", "sms", "--script", script(tmp_path, "ask", "2"))

    assert [(one.text, one.choice) for one in bot.heard] == [("ask", None), ("2", None)]


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("whatsapp", "│ answer 1\n  "),
        ("telegram", "│ [ 12 · Choice 12 ]"),
        ("sms", "│ 12 Choice 12\n"),
    ],
)
async def test_each_channel_shows_many_choices_in_its_own_way(
    gateway: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], channel: str, expected: str
) -> None:
    await chat(gateway, "--channel", channel, "--script", script(tmp_path, "many"))

    assert expected in capsys.readouterr().out


async def test_what_waited_while_the_phone_was_off_comes_first_and_once(
    gateway: str, bot: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await bot.say(bot.telegram, "while you were away")
    lines = script(tmp_path, "hello")

    await chat(gateway, "--channel", "telegram", "--script", lines)
    first = capsys.readouterr().out
    await chat(gateway, "--channel", "telegram", "--script", lines)
    second = capsys.readouterr().out

    assert first.index("while you were away") < first.index("> hello")
    assert "while you were away" not in second
    assert "answer 1" not in second


async def test_a_script_that_can_t_be_read_is_named(gateway: str, tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nowhere\.txt"):
        await chat(gateway, "--channel", "sms", "--script", str(tmp_path / "nowhere.txt"))


async def test_without_a_gateway_one_line_says_what_to_start() -> None:
    with pytest.raises(NoGatewayError, match=r"no gateway at http://127.0.0.1:1: .*`make run`"):
        await chat("http://127.0.0.1:1", "--channel", "sms")


async def test_a_number_that_is_none_is_refused(gateway: str) -> None:
    with pytest.raises(RefusedError, match=r"looks like \+999"):
        await chat(gateway, "--channel", "sms", "--phone", "home")


async def test_an_sms_shows_what_it_takes(
    gateway: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await chat(gateway, "--channel", "sms", "--script", script(tmp_path, "à", "ê" * 71))

    shown = capsys.readouterr().out
    assert "> à   1 segment · GSM-7 · 1 septet\n" in shown
    assert "2 segments · UCS-2 · 71 units\n" in shown
    assert " s · 1 segment · GSM-7 · 8 septets\n" in shown


async def test_a_gateway_that_doesn_t_simulate_is_told_apart(tmp_path: Path) -> None:
    async with serve(FastAPI()) as url:
        with pytest.raises(NoGatewayError, match="doesn't simulate"):
            await chat(url, "--channel", "sms", "--script", script(tmp_path, "hello"))


# The phone through restarts


class Pocket:
    """Phones, and what they notice."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self._clients: list[httpx.Client] = []

    def phone(
        self, url: str, *, pause: Callable[[float], None] = lambda _: None, patience: float = 60
    ) -> Phone:
        self._clients.append(httpx.Client(base_url=url))
        return Phone(
            self._clients[-1],
            channel="telegram",
            number=PHONE,
            notice=self.notices.append,
            patience=patience,
            pause=pause,
        )

    def empty(self) -> None:
        for client in self._clients:
            client.close()


@pytest.fixture
def pocket() -> Iterator[Pocket]:
    pocket = Pocket()
    yield pocket
    pocket.empty()


async def test_a_restart_of_the_gateway_loses_and_repeats_nothing(bot: Bot, pocket: Pocket) -> None:
    away, back = threading.Event(), threading.Event()
    texts: list[str] = []

    def pause(_: float) -> None:
        away.set()
        assert back.wait(20)

    def step(work: Callable[[Phone], object]) -> Awaitable[object]:
        return asyncio.to_thread(work, phone)

    async with serve(bot.app()) as url:
        phone = pocket.phone(url, pause=pause)
        await step(lambda p: p.send("one"))
        await step(lambda p: p.settle(lambda message: texts.append(message.text)))
    sending = asyncio.ensure_future(step(lambda p: p.send("two")))
    await asyncio.to_thread(away.wait, 20)
    assert not sending.done()
    async with serve(bot.app(), port=int(url.rpartition(":")[2])):
        back.set()
        await sending
        await step(lambda p: p.settle(lambda message: texts.append(message.text)))

    assert [one.text for one in bot.heard] == ["one", "two"]
    assert texts == ["answer 1", "answer 2"]
    assert pocket.notices == ["the gateway is away, waiting for it", "the gateway is back"]


async def test_a_message_whose_receipt_was_lost_is_offered_again_under_the_same_id(
    bot: Bot, pocket: Pocket
) -> None:
    offered: list[bytes] = []
    app = bot.app()

    @app.middleware("http")
    async def lose_first_receipt(
        request: Request, go_on: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        offered.append(await request.body())
        response = await go_on(request)
        return Response(status_code=502) if len(offered) == 1 else response

    async with serve(app) as url:
        phone = pocket.phone(url)
        await asyncio.to_thread(phone.send, "one")

    first, second = offered
    assert first == second
    assert len(bot.heard) == 1


async def test_an_unanswered_message_ends_in_a_word_about_it(bot: Bot, pocket: Pocket) -> None:
    bot.calm = False
    async with serve(bot.app()) as url:
        phone = pocket.phone(url, patience=0.01)
        await asyncio.to_thread(phone.send, "one")
        with pytest.raises(SilentError, match="make run"):
            await asyncio.to_thread(phone.settle, lambda _: None)


async def test_a_message_too_long_is_refused(bot: Bot, pocket: Pocket) -> None:
    async with serve(bot.app()) as url:
        phone = pocket.phone(url)
        with pytest.raises(RefusedError):
            await asyncio.to_thread(phone.send, "x" * 5000)


# Somebody at the keyboard

PROGRAM = """
import sys
from argparse import ArgumentParser
from backup.chat import add_arguments, run
from core.settings import Settings
parser = ArgumentParser()
add_arguments(parser)
sys.exit(run(parser.parse_args(), Settings()))
"""


class Terminal:
    """The command in a terminal of its own."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        self.screen = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        os.close(self._master)

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            *arguments,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        os.close(self._slave)
        return process

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    async def until(self, words: str) -> None:
        """Wait until the words are on the screen."""
        async with asyncio.timeout(30):
            while words not in self.screen:
                read = await asyncio.to_thread(os.read, self._master, 1024)
                self.screen += read.decode(errors="replace")


async def test_messages_arrive_while_somebody_types_and_their_line_stays_whole(
    gateway: str, bot: Bot
) -> None:
    async with Terminal() as terminal:
        process = await terminal.start(
            "--channel", "telegram", "--phone", PHONE, "--gateway", gateway
        )
        await terminal.until("> ")
        terminal.type("hello\r")
        await terminal.until("answer 1")
        terminal.type("wor")
        await terminal.until("wor")
        await bot.say(bot.telegram, "meanwhile")
        await terminal.until("meanwhile\r\n")
        await terminal.until("> wor")
        terminal.type("ld\r")
        await terminal.until("answer 2")
        terminal.type("\x04")
        assert await asyncio.wait_for(process.wait(), 30) == 0

    assert [one.text for one in bot.heard] == ["hello", "world"]
