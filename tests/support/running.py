"""The whole program as a user runs it: `backup up --demo` in a directory of its own."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pyotp

ROOT = Path(__file__).parent.parent.parent
READY = "Ctrl-C stops everything"
START_WITHIN = 240
STOP_WITHIN = 30

NAMES = {
    "dialogue": "dialogue serve",
    "gateway": "-m bots",
    "worker": "-m bots.worker",
    "dashboard": "-m dashboard",
}


class Running:
    """One `backup up` with free ports; its output is kept for the tests that search it."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.log = data.parent / f"{data.name}.log"
        gateway, dashboard, dialogue, chain, authority = _free_ports(5)
        self.gateway = f"http://127.0.0.1:{gateway}"
        self.dashboard = f"http://127.0.0.1:{dashboard}"
        self.dialogue = f"http://127.0.0.1:{dialogue}"
        self.environment = {
            **os.environ,
            "BACKUP_DATA": str(data),
            "GATEWAY_PORT": str(gateway),
            "DASHBOARD_PORT": str(dashboard),
            "DIALOGUE_URL": self.dialogue,
            "CHAIN_PORT": str(chain),
            "TIMESTAMP_PORT": str(authority),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._offsets: dict[str, Iterator[int]] = {}

    @classmethod
    @contextmanager
    def started(cls, **settings: str) -> Iterator[Self]:
        """One in a fresh directory, ready, and stopped at the end."""
        # Not below pytest's own directory: the database may run as another user.
        with tempfile.TemporaryDirectory() as directory:
            program = cls(Path(directory) / "data", **settings)
            program.start()
            try:
                yield program
            finally:
                program.stop()

    def start(self) -> None:
        """Start, and wait until everything is ready."""
        with self.log.open("ab") as log:
            before = log.tell()
            self._process = subprocess.Popen(
                (sys.executable, "-m", "backup", "up", "--demo"),
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + START_WITHIN
        while READY not in self.said(since=before):
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"`backup up` did not start:\n{self.said(since=before)}")
            time.sleep(0.1)

    def stop(self) -> None:
        """As Ctrl-C does."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(STOP_WITHIN)

    def said(self, *, since: int = 0) -> str:
        """What all processes have printed."""
        return self.log.read_bytes()[since:].decode()

    def pid(self, name: str) -> int | None:
        """The process that now runs under a program's name; None while there is none."""
        if name == "postgres":
            return _postmaster(self.data / "postgres")
        assert self._process is not None
        for child in psutil.Process(self._process.pid).children():
            try:
                command = " ".join(child.cmdline())
            except psutil.Error:
                continue
            if command.endswith(NAMES[name]) or f"{NAMES[name]} " in command:
                return int(child.pid)
        return None

    def database_url(self) -> str:
        """The address of its embedded database."""
        lines = (self.data / "postgres" / "postmaster.pid").read_text().splitlines()
        return f"postgresql://postgres:@/postgres?host={lines[4]}&port={lines[3]}"

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a `backup` command beside it."""
        return subprocess.run(  # noqa: S603
            (sys.executable, "-m", "backup", *arguments),
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def chat(
        self, lines: Sequence[str], *, channel: str = "sms", phone: str = "+15550100200"
    ) -> list[dict[str, Any]]:
        """Play lines on a phone; gives what it showed."""
        script = self.data.parent / f"{phone}.txt"
        script.write_text("\n".join(lines) + "\n")
        done = self.command(
            "chat", "--channel", channel, "--phone", phone, "--gateway", self.gateway,
            "--script", str(script), "--json",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def sign_in(self, email: str) -> "Browser":
        """A browser in which a sample person has signed in."""
        browser = Browser(self.dashboard)
        browser.get("/sign-in")
        browser.post("/sign-in", email=email, password=self.password(email), code=self.code(email))
        return browser

    def password(self, email: str) -> str:
        """A sample person's password."""
        return self._person(email)["password"]

    def code(self, email: str) -> str:
        """A code that was not used yet: the steps before, at and after now are all accepted."""
        offset = next(self._offsets.setdefault(email, iter((-30, 0, 30))))
        return pyotp.TOTP(self._person(email)["totp"]).at(int(time.time()) + offset)

    def _person(self, email: str) -> dict[str, str]:
        sign_ins = json.loads((self.data / "demo-sign-ins.json").read_text())
        return next(one for one in sign_ins if one["email"] == email)


class Browser:
    """A browser without JavaScript: it keeps cookies and sends the forms' hidden fields."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, follow_redirects=True, timeout=30)
        self._origin = address
        self.page = ""

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def get(self, path: str) -> str:
        """Open a page."""
        return self._keep(self._client.get(path))

    def post(self, path: str, **fields: str) -> str:
        """Send a form of the present page."""
        hidden = dict(_HIDDEN.findall(self.page))
        response = self._client.post(
            path, data={**hidden, **fields}, headers={"Origin": self._origin}
        )
        return self._keep(response)

    def find(self, pattern: str) -> str:
        """The first group of a pattern in the present page."""
        found = re.search(pattern, self.page)
        assert found is not None, f"{pattern} is not on the page"
        return found.group(1)

    def _keep(self, response: httpx.Response) -> str:
        response.raise_for_status()
        self.page = response.text
        return self.page


_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _postmaster(directory: Path) -> int | None:
    try:
        return int((directory / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
