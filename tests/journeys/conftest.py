"""One running program for the journeys that share it, as a user starts it."""

from collections.abc import Iterator

import pytest

from tests.support.running import Browser, Running


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """`backup up --demo`, started once and stopped at the end."""
    with Running.started() as program:
        yield program


@pytest.fixture(scope="session")
def doctor(running: Running) -> Iterator[Browser]:
    """The sample doctor, signed in."""
    browser = running.sign_in("doctor@sample.example")
    yield browser
    browser.close()
