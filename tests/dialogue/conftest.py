"""One real dialogue server for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.dialogue_server import DialogueServer, serving


@pytest.fixture(scope="session")
def dialogue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialogueServer]:
    with serving(tmp_path_factory.mktemp("dialogue") / "log") as server:
        yield server
