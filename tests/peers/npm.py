"""Programs of others, installed by npm for the length of a run, started and stopped by handle."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

Install = Callable[[str], Path]

SECONDS_TO_INSTALL = 180
SECONDS_TO_START = 60


def install(package: str, folder: Path) -> Path:
    """Install a package of a pinned version and give its folder; skip the test if that fails."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node.js with npm is not installed")
    command = (npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
    try:
        subprocess.run(  # noqa: S603 - the package's name is a constant of a test
            [*command, "--prefix", str(folder), package],
            check=True,
            capture_output=True,
            timeout=SECONDS_TO_INSTALL,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"npm could not install {package}")
    return folder / "node_modules"


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(*command: str, modules: Path, ready: str) -> AsyncIterator[None]:
    """Run a Node program until the block ends; it begins when the program has said `ready`."""
    process = await asyncio.create_subprocess_exec(
        "node",
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"NODE_PATH": str(modules)},
    )
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(SECONDS_TO_START):
            while ready.encode() not in said:
                said += (line := await process.stdout.readline())
                assert line, said.decode()
        yield
    finally:
        process.terminate()
        await process.communicate()
