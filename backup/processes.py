"""Child processes of one machine: started, watched, started again, and stopped together."""

import asyncio
import ctypes
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from core.errors import BackUpError, ConfigurationError

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
LONGEST_PAUSE = 10.0
STOP_WITHIN = 10.0
NEEDED_BY_ANY = ("HOME", "LANG", "LC_ALL", "PATH", "QUESTIONNAIRE", "TMPDIR")


class ProcessError(BackUpError):
    """A child process does not come up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One child: what to run, and where it says that it is ready."""

    name: str
    command: Sequence[str]
    health: str | None = None
    """An address that answers 200 once the process is ready."""
    bare: bool = False
    """Give it nothing of the environment but what any program needs: no address, token or key."""


class Supervisor:
    """Runs programs until told to stop; one that ends is started again after a growing pause."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self._environment = dict(environment)
        self._directory = directory
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self, program: Program, *, ready_within: float) -> None:
        """Start a program and wait until it is ready.

        Raises:
            ProcessError: it ended, or was not ready in time.
        """
        await self._spawn(program)
        await self._ready(program, ready_within)
        self._watchers.append(asyncio.create_task(self._keep(program)))

    def pid(self, name: str) -> int:
        """The process id of a program's present run."""
        return self._running[name].pid

    async def stop(self) -> None:
        """End all programs, the last started first."""
        for watcher in self._watchers:
            watcher.cancel()
        for process in reversed(self._running.values()):
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*(_end(process) for process in self._running.values()))

    async def _spawn(self, program: Program) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            cwd=self._directory,
            env=_bare(self._environment) if program.bare else self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            # Ctrl-C in the terminal reaches us alone; we stop the children in order.
            start_new_session=True,
            preexec_fn=partial(_end_with_parent, os.getpid()),
        )
        self._running[program.name] = process
        return process

    async def _ready(self, program: Program, within: float) -> None:
        if program.health is None:
            return
        process = self._running[program.name]
        try:
            async with asyncio.timeout(within), httpx.AsyncClient(timeout=2) as client:
                while not await _answers(client, program.health):
                    if process.returncode is not None:
                        raise ProcessError(f"{program.name} ended while starting; see above")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ProcessError(f"{program.name} was not ready within {within:.0f} s") from None

    async def _keep(self, program: Program) -> None:
        pause = 0.2
        while True:
            began = asyncio.get_running_loop().time()
            code = await self._running[program.name].wait()
            log.warning("%s ended with %s and is started again", program.name, code)
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = 0.2
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
            await self._spawn(program)


def require_free_port(port: int, *, variable: str) -> None:
    """Refuse to start over a port that somebody else listens on.

    Raises:
        ConfigurationError: naming the variable that chooses another port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigurationError(
                f"port {port} is in use; stop what uses it, or set {variable} to another port"
            ) from None


def _bare(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in NEEDED_BY_ANY if name in environment}


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(address)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(STOP_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _end_with_parent(parent: int) -> None:
    """Runs in the child: if `backup up` itself is killed, its children end too (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
