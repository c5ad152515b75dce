"""One running program for the journeys that share it, as a user starts it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Browser, Running


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """`backup up --demo`, started once and stopped at the end."""
    with tempfile.TemporaryDirectory() as directory:
        program = Running(Path(directory) / "data")
        program.start()
        try:
            yield program
        finally:
            program.stop()


@pytest.fixture(scope="session")
def doctor(running: Running) -> Iterator[Browser]:
    """The sample doctor, signed in."""
    browser = running.sign_in("doctor@sample.example")
    yield browser
    browser.close()
