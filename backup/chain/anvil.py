"""The program `anvil`: where it is, how it is started, and what it can't start with."""

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import BackUpError

TOOLS = Path(__file__).parent.parent.parent / ".tools" / "chain" / "node_modules" / "@foundry-rs"
CHAIN_ID = 31337
SAVE_SECONDS = 30
START_WITHIN = 30.0


def find() -> Path | None:
    """The program, if `make install` could get it for this platform."""
    return next(TOOLS.glob("anvil-*/bin/anvil"), None)


def command(binary: Path, port: int, state: Path) -> tuple[str, ...]:
    """A chain on loopback that makes blocks when asked; what is two blocks old is final."""
    return (
        *(str(binary), "--silent", "--host", "127.0.0.1", "--port", str(port), "--no-cors"),
        *("--chain-id", str(CHAIN_ID), "--accounts", "0", "--slots-in-an-epoch", "1"),
        *("--state", str(state), "--state-interval", str(SAVE_SECONDS)),
    )


def mend(state: Path) -> None:
    """Set a state aside that a crash has cut off; anvil would not start with it.

    The chain then begins anew, and what was not final is anchored again.
    """
    try:
        json.loads(state.read_bytes())
    except FileNotFoundError:
        return
    except ValueError:
        state.replace(state.with_suffix(".broken"))


@contextlib.contextmanager
def alone(binary: Path, state: Path, *more: str) -> Iterator[str]:
    """A chain for measuring and testing, with `more` options; gives its node's address.

    Raises:
        BackUpError: it does not come up.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen((*command(binary, port, state), *more))  # noqa: S603 - our own tool
    try:
        end = time.monotonic() + START_WITHIN
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise BackUpError("anvil does not come up")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
