"""Turns a second of the dialogue, beside stock Rasa with the same model and the same people.

The yardstick is an untouched `rasa run` with its REST channel and in-memory tracker store, and an
untouched `rasa run actions` that serves the same action over HTTP. Both sides have one process that
answers, as many conversations at once, and the same answers to the same questions; they take turns
within the run, so that a busy machine is busy for both.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.errors import ConfigurationError
from core.settings import Settings

ROOT = Path(__file__).parents[2]
DIALOGUE = ROOT / "dialogue"
PYTHON = DIALOGUE / ".venv" / "bin" / "python"

READY_WITHIN = 120.0
LONGEST = 120
"""Turns after which a conversation that doesn't end is an error."""

WORDS = {
    "role": "myself",
    "age": "18 to 25",
    "when": "two days ago",
    "time_of_day": "in the morning",
    "place_type": "in the forest",
    "perp_type": "soldiers",
    "needs": "medical care",
    "pro_gender": "only a woman",
}
"""Questions that are answered in words; the others by the first number, open ones by a place."""
PLACE = "near the old bridge"

Json = dict[str, Any]
Ask = Callable[[str], Json]
"""Sends one text of one conversation, and gives the turn's outcome."""
Person = Callable[[http.client.HTTPConnection], Ask]
"""Begins a conversation on a connection."""
Latencies = list[list[float]]
"""Seconds of each turn, by conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured; times as the caller sees them, of our side."""

    turns_per_second: float
    stock_turns_per_second: float
    ratio: float
    p50_ms: float
    p95_ms: float
    p95_first_ms: float
    """Of the first tenth of each conversation."""
    p95_last_ms: float
    """Of the last tenth."""
    at_once: int
    turns: int
    stock_turns: int


@dataclass(slots=True)
class Side:
    """One of the two, and its times so far."""

    port: int
    person: Person
    latencies: Latencies
    seconds: float = 0.0

    def play(self, at_once: int, times: int) -> None:
        """Hold `times` conversations one after the other, `at_once` side by side."""
        began = time.perf_counter()
        with ThreadPoolExecutor(at_once) as people:
            held = people.map(lambda _: _converse(self.port, self.person), range(at_once * times))
            self.latencies.extend(held)
        self.seconds += time.perf_counter() - began

    @property
    def turns(self) -> int:
        """How many turns were taken."""
        return sum(map(len, self.latencies))

    @property
    def speed(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds


def measure(*, rounds: int = 3, at_once: int = 2, ours_each: int = 8) -> Figures:
    """Play conversations on both sides, ours `ours_each` times as often since it is that quicker.

    Raises:
        ConfigurationError: when the dialogue's environment or model is missing.
    """
    with ExitStack() as started:
        our_port, stock_port = _start(started)
        ours, stock = Side(our_port, _with_us, []), Side(stock_port, _with_stock, [])
        for side in (ours, stock):  # the first conversation fills caches
            _converse(side.port, side.person)
        for _ in range(rounds):
            ours.play(at_once, ours_each // 2)
            stock.play(at_once, 1)
            ours.play(at_once, ours_each - ours_each // 2)
    return _figures(ours, stock, at_once)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup bench dialogue`."""
    parser.add_argument("--rounds", type=int, default=3, help="how often the sides take turns")
    parser.add_argument("--at-once", type=int, default=2, help="conversations at the same time")
    parser.add_argument("--json", action="store_true", help="print JSON, the only form there is")


def run(args: Namespace, _settings: Settings) -> int:
    """Print the figures as JSON."""
    print(json.dumps(asdict(measure(rounds=args.rounds, at_once=args.at_once))))
    return 0


def _figures(ours: Side, stock: Side, at_once: int) -> Figures:
    all_of = [seconds for one in ours.latencies for seconds in one]
    first = [seconds for one in ours.latencies for seconds in one[: max(1, len(one) // 10)]]
    last = [seconds for one in ours.latencies for seconds in one[-max(1, len(one) // 10) :]]
    return Figures(
        turns_per_second=round(ours.speed, 1),
        stock_turns_per_second=round(stock.speed, 1),
        ratio=round(ours.speed / stock.speed, 1),
        p50_ms=round(statistics.median(all_of) * 1000, 2),
        p95_ms=_p95_ms(all_of),
        p95_first_ms=_p95_ms(first),
        p95_last_ms=_p95_ms(last),
        at_once=at_once,
        turns=ours.turns,
        stock_turns=stock.turns,
    )


def _p95_ms(seconds: Sequence[float]) -> float:
    return round(statistics.quantiles(seconds, n=20)[-1] * 1000, 2)


# -- conversations


def _converse(port: int, person: Person) -> list[float]:
    """From the first word until the report is sent; the seconds of each turn."""
    latencies: list[float] = []
    text = "hello"
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        ask = person(connection)
        while len(latencies) < LONGEST:
            began = time.perf_counter()
            turn = ask(text)
            latencies.append(time.perf_counter() - began)
            if any(effect["do"] == "submit" for effect in turn["effects"]):
                return latencies
            text = _answer(turn["replies"])
    raise ConfigurationError("the questionnaire did not come to an end; is it another one?")


def _answer(replies: Sequence[Json]) -> str:
    asked = replies[-1]
    question = asked["say"].removeprefix("ask.")
    return WORDS.get(question) or ("1" if asked.get("choices") else PLACE)


def _with_us(connection: http.client.HTTPConnection) -> Ask:
    state: Json | None = None

    def ask(text: str) -> Json:
        nonlocal state
        turn: Json = _post(
            connection,
            "/turn",
            {
                "state": state,
                "message": {"kind": "text", "text": text},
                "channel": {"sms": False, "confidential": True},
                "owner": "bot",
            },
        )
        state = turn["state"]
        return turn

    return ask


def _with_stock(connection: http.client.HTTPConnection) -> Ask:
    sender = uuid4().hex

    def ask(text: str) -> Json:
        said = _post(connection, "/webhooks/rest/webhook", {"sender": sender, "message": text})
        turn: Json = said[0]["custom"]
        return turn

    return ask


def _post(connection: http.client.HTTPConnection, path: str, body: Json) -> Any:
    connection.request("POST", path, json.dumps(body).encode())
    response = connection.getresponse()
    content = response.read()
    if response.status != http.client.OK:
        raise ConfigurationError(f"{path} answered {response.status}")
    return json.loads(content)


# -- processes


def _start(started: ExitStack) -> tuple[int, int]:
    """Start both sides, all at the same time; gives their ports."""
    models = sorted((DIALOGUE / "build" / "models").glob("*.tar.gz"))
    if not PYTHON.exists() or not models:
        raise ConfigurationError("the dialogue is not installed and trained; `make run` does both")
    ours, stock, actions = _free_ports(3)
    folder = Path(started.enter_context(tempfile.TemporaryDirectory()))
    (folder / "credentials.yml").write_text("rest:\n")
    (folder / "endpoints.yml").write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{actions}/webhook\n"
    )
    stock_files = (
        *("--model", str(models[-1])),
        *("--credentials", str(folder / "credentials.yml")),
        *("--endpoints", str(folder / "endpoints.yml")),
    )
    commands = (
        ("dialogue", "serve", "--port", str(ours)),
        ("rasa", "run", "--interface", "127.0.0.1", "--port", str(stock), *stock_files),
        ("rasa", "run", "actions", "--actions", "dialogue.actions", "--port", str(actions)),
    )
    processes = [started.enter_context(_process(command)) for command in commands]
    for process, address in zip(
        processes, ((ours, "/health"), (stock, "/"), (actions, "/health")), strict=True
    ):
        _wait(process, *address)
    return ours, stock


@contextmanager
def _process(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of the dialogue's environment until the block ends."""
    process = subprocess.Popen(  # noqa: S603  our own commands
        (PYTHON, "-m", *arguments),
        cwd=ROOT,
        env={
            "HOME": os.environ.get("HOME", ""),
            "PATH": os.environ.get("PATH", ""),
            "RASA_TELEMETRY_ENABLED": "false",
            "SANIC_HOST": "127.0.0.1",  # where the SDK's action server listens
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    until = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < until:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            try:
                connection.request("GET", path)
                if connection.getresponse().status == http.client.OK:
                    return
            except OSError:
                time.sleep(0.2)
    raise ConfigurationError("a process of the measurement did not start")


def _free_ports(number: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
