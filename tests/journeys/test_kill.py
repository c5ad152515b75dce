"""`kill -9` of any process at any moment: nothing is lost, repeated or reordered.

The dialogue is a pure function, so a conversation that was disturbed must read like one that was
not, message by message. Processes die at random points of it, with a fixed seed.
"""

import contextlib
import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from backup.chat.phone import Phone, SilentError
from bots.simulator.adapter import Delivery
from tests.support.running import Browser, Running

SEED = 20261122
VICTIMS = ("gateway", "worker", "dialogue", "postgres", "dashboard", "worker", "gateway")
PATIENCE = 120
WAY = (
    "hi", "1", "nonsense", "1", "1", "1", "5", "1", "2", "1", "back", "1", "1", "1,2", "2", "5",
    "0", "anything", "return", "1", "2", "5", "1",
)  # fmt: skip
REPLIES = tuple(f"Message number {number} of the doctor." for number in range(1, 9))


@pytest.fixture(scope="module")
def disturbed() -> Iterator[Running]:
    """A program of its own, since it will be hurt."""
    with Running.started() as program:
        yield program


class Killer:
    """Kills one process after another, each a random moment after a random message."""

    def __init__(self, running: Running, chance: random.Random, *, moments: int) -> None:
        self._running = running
        self._chance = chance
        points = chance.sample(range(moments), k=len(VICTIMS))
        self._plan = dict(zip(sorted(points), chance.sample(VICTIMS, k=len(VICTIMS)), strict=True))
        self._threads: list[threading.Thread] = []
        self.killed: list[str] = []

    def strike(self, moment: int) -> None:
        """Let the process that is due at this message die a few milliseconds from now."""
        if moment not in self._plan:
            return
        name, delay = self._plan[moment], self._chance.uniform(0, 0.12)
        thread = threading.Thread(target=self._kill, args=(name, delay))
        thread.start()
        self._threads.append(thread)

    def wait(self) -> None:
        """Until the last blow has fallen."""
        for thread in self._threads:
            thread.join()

    def _kill(self, name: str, delay: float) -> None:
        time.sleep(delay)
        pid = self._running.pid(name)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            self.killed.append(name)


def test_a_disturbed_conversation_reads_like_an_undisturbed_one(disturbed: Running) -> None:
    calm = _talk(disturbed, "+99955502", None)
    assert "sealed" in calm[-1]
    killer = Killer(disturbed, random.Random(SEED), moments=len(WAY))  # noqa: S311 - repeatable
    hurt = _talk(disturbed, "+99955503", killer)
    assert sorted(killer.killed) == sorted(VICTIMS)
    assert hurt == calm


def test_a_professionals_messages_all_arrive_once_and_in_order(disturbed: Running) -> None:
    with contextlib.closing(_signed_in(disturbed)) as doctor:
        path = doctor.find(r'action="(/cases/[0-9a-f-]+)/claim"')
        doctor.post(f"{path}/claim")
        killer = Killer(disturbed, random.Random(SEED + 1), moments=len(REPLIES))  # noqa: S311
        for number, text in enumerate(REPLIES):
            killer.strike(number)
            _reply(doctor, path, text)
        killer.wait()
    seen = [*_waiting(disturbed, "+99955502"), *_waiting(disturbed, "+99955503")]
    assert seen == list(REPLIES)


def _talk(running: Running, number: str, killer: Killer | None) -> list[str]:
    """The whole conversation, as the phone shows it; codes are drawn anew and made alike."""
    shown: list[str] = []
    with httpx.Client(base_url=running.gateway) as client:
        phone = _phone(client, number)
        for moment, line in enumerate(WAY):
            shown.append(f"> {line}")
            if killer is not None:
                killer.strike(moment)
            phone.send(line)
            _settle(running, phone, lambda message: shown.append(message.text))
        phone.tell_shown()
    if killer is not None:
        killer.wait()
    return [re.sub(r"\d{4} \d{4} \d{4}", "(code)", one) for one in shown]


def _waiting(running: Running, number: str) -> list[str]:
    """What arrives at a phone until nothing else is on its way."""
    arrived: list[Delivery] = []
    with httpx.Client(base_url=running.gateway) as client:
        phone = _phone(client, number)
        _settle(running, phone, arrived.append)
        phone.tell_shown()
    return [message.text for message in arrived]


def _settle(running: Running, phone: Phone, show: Callable[[Delivery], None]) -> None:
    try:
        phone.settle(show)
    except SilentError:
        pytest.fail(f"silence; the program said last:\n{running.said()[-3000:]}")


def _phone(client: httpx.Client, number: str) -> Phone:
    return Phone(client, channel="sms", number=number, notice=lambda _: None, patience=PATIENCE)


def _signed_in(running: Running) -> Browser:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            browser = running.sign_in("doctor@sample.example")
            browser.get("/inbox")
        except (httpx.HTTPError, AssertionError):
            assert time.monotonic() < end
            time.sleep(1)
        else:
            return browser


def _reply(doctor: Browser, path: str, text: str) -> None:
    """As a person does: open the form, and send it again until the page says that it is safe."""
    _insist(lambda: doctor.get(path))
    form = doctor.page

    def send() -> None:
        doctor.page = form
        doctor.post(f"{path}/reply", text=text)

    _insist(send)


def _insist(act: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            act()
        except httpx.HTTPError:
            assert time.monotonic() < end, "the dashboard stays away"
            time.sleep(0.5)
        else:
            return
