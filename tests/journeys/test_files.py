"""Files over a chat app, as survivor and professional see them; the worker dies in between."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backup.chat.phone import Phone
from bots.simulator.adapter import Delivery
from tests.support import samples
from tests.support.running import Browser, Running

NUMBER = "+15550100900"
LONGEST = 90
WAY = ("hi", "1", "1", "1", "1", "1", "4", "1")
"""To the end of the consent to keep answers."""
ANSWERS = {
    "shows what happened": "2,3,4,5",
    "May we keep photos": "1",
    "share your report with services": "2",
    "Any other?": "done",
}


class Person:
    """Somebody on a chat app."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self.shown: list[str] = []

    def tells(self, *lines: str) -> None:
        """Send lines, each once everything before it is answered."""
        for line in lines:
            self._phone.send(line)
            self.waits()

    def waits(self) -> None:
        """Look at what arrives until nothing else is on its way."""
        self._phone.settle(self._show)

    def goes_to(self, words: str) -> None:
        """Leave out what can be left out until something is asked."""
        for _ in range(80):
            if words in self.shown[-1]:
                return
            asked = (answer for part, answer in ANSWERS.items() if part in self.shown[-1])
            self.tells(next(asked, "skip"))
        raise AssertionError(f"{words!r} was never asked; the last was {self.shown[-1]!r}")

    def receipts(self) -> int:
        """How many files are known to be safe."""
        return sum(
            len(re.findall(r"^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}$", one, re.MULTILINE))
            for one in self.shown
            if one.startswith("Stored")
        )

    def waits_for_receipts(self, count: int) -> None:
        """Until so many files are known to be safe, and no more."""
        end = time.monotonic() + LONGEST
        while self.receipts() < count and time.monotonic() < end:
            self.waits()
            time.sleep(0.2)
        self.waits()
        assert self.receipts() == count

    def _show(self, message: Delivery) -> None:
        self.shown.append(message.text)


@pytest.fixture
def person(running: Running) -> Iterator[Person]:
    """Somebody who has agreed that answers are kept."""
    with httpx.Client(base_url=running.gateway, timeout=30) as client:
        phone = Phone(
            client, channel="telegram", number=NUMBER, notice=lambda _: None, patience=LONGEST
        )
        person = Person(phone)
        person.tells(*WAY)
        yield person


def test_files_arrive_once_though_the_worker_dies_and_are_seen_and_erased(
    running: Running, doctor: Browser, person: Person, tmp_path: Path
) -> None:
    voice = samples.sample(tmp_path, "voice.ogg", *samples.TONE, "-c:a", "libopus")
    samples.photo(tmp_path)
    (tmp_path / "bad.jpg").write_bytes(b"MZ" + bytes(5000))
    person.goes_to("If you know the date")
    person.tells(f"/audio {tmp_path}/voice.ogg")
    person.goes_to("You can send them now")
    person.tells(f"/document {tmp_path}/bad.jpg")
    for number in range(4):
        person.tells(f"/document {tmp_path}/photo.jpg")
        if number % 2:
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid("worker") or 0, signal.SIGKILL)
    person.waits_for_receipts(5)
    assert sum("Programs are not taken" in one for one in person.shown) == 1
    person.tells("done")
    person.goes_to("Shall we send it now")
    person.tells("1")

    doctor.get("/inbox")
    path = doctor.find(r'action="(/cases/[0-9a-f-]+)/claim"')
    doctor.post(f"{path}/claim")
    found = set(re.findall(rf'href="({path}/files/[0-9]+)"', doctor.get(path)))
    files = sorted(found, key=lambda href: int(href.rpartition("/")[2]))
    assert len(files) == 5
    assert "A program was sent and was not kept" in doctor.page
    assert "Recording" in doctor.get(files[0])
    doctor.post(f"{files[0]}/original")
    assert doctor.page.encode(errors="ignore")[:4] == voice[:4]

    person.tells(f"/photo {tmp_path}/photo.jpg")
    person.waits_for_receipts(6)
    assert len(set(re.findall(rf'href="({path}/files/[0-9]+)"', doctor.get(path)))) == 6
    before = _objects(running)
    person.tells("delete", "1")
    assert _objects(running) == before - 7


def _objects(running: Running) -> int:
    return sum(one.is_file() for one in (running.data / "objects" / "objects").rglob("*"))
