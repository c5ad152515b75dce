"""The dialogue's server as a process of its own, for every test that wants the real one.

Use the fixture `dialogue_server` of tests/dialogue, or in another folder:

    @pytest.fixture(scope="session")
    def dialogue_server(tmp_path_factory):
        with serving(tmp_path_factory.mktemp("dialogue") / "log") as server:
            yield server
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / "dialogue" / ".venv" / "bin" / "python"
START_WITHIN = 120
STOP_WITHIN = 20

Json = dict[str, Any]


def run_dialogue(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a module of the dialogue's environment to its end."""
    return subprocess.run(  # noqa: S603
        (PYTHON, "-m", *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def train() -> None:
    """Make the model if the words or questions have changed."""
    assert PYTHON.exists(), "the dialogue's environment is missing; run `make install`"
    done = run_dialogue("dialogue.train")
    assert done.returncode == 0, done.stderr


class DialogueServer:
    """One process; `log` has everything that it printed."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._client = httpx.Client(base_url=self.address, timeout=30)
        with log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603
                (PYTHON, "-m", "dialogue", "serve", "--port", str(self.port)),
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Until it says that it is ready."""
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if self._client.get("/health").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"the dialogue did not start:\n{self.log.read_text()}")

    def stop(self) -> int:
        """End it as the supervisor does; gives the exit code."""
        self._client.close()
        self.process.terminate()
        return self.process.wait(STOP_WITHIN)

    def post(self, body: Any) -> httpx.Response:
        """Send a body to `/turn`: bytes as they are, everything else as JSON."""
        if isinstance(body, bytes):
            return self._client.post("/turn", content=body)
        return self._client.post("/turn", json=body)

    def get(self, path: str) -> httpx.Response:
        """Fetch a path."""
        return self._client.get(path)

    def turn(
        self, state: Json | None, message: Json | str, *, owner: str = "bot", **channel: Any
    ) -> Json:
        """Take one turn; a string is a typed text."""
        said = {"kind": "text", "text": message} if isinstance(message, str) else message
        response = self.post(
            {
                "state": state,
                "message": said,
                "channel": {"sms": False, "confidential": True, "files": True, **channel},
                "owner": owner,
            }
        )
        assert response.status_code == httpx.codes.OK, response.text
        answer: Json = response.json()
        return answer


@contextmanager
def serving(log: Path) -> Iterator[DialogueServer]:
    """Train if needed, and serve until the block ends."""
    train()
    server = DialogueServer(log)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
