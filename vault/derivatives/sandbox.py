"""A program that sees one file, says something about it, and can do nothing else.

Parsers of photos and videos are what an attacker aims at. So they run in bubblewrap: no network, no
process, user or file of ours, no writable disk, no environment, and limits on time, memory and
output. Their input comes through a pipe into the sandbox's own memory (a tmpfs; only swap, if the
machine has any, could put it on a disk), their output through another.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from core.errors import BackUpError
from vault.age.sealing import Sink

INPUT = "/input"
MEMORY = 2 << 30
PROCESSES_AT_ONCE = 2
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/alternatives", "/etc/ld.so.cache")
TRIAL_SECONDS = 10

Feed = Callable[[Sink], object]
"""Writes the whole input, in a thread of its own; what it raises spoils the output."""


class NoSandboxError(BackUpError):
    """This machine can't run a program that it does not trust; the message says what is missing."""


class UnreadableError(BackUpError):
    """The program could make nothing of the file, within its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a program may use."""

    seconds: int
    output: int
    """Bytes."""


async def run(
    command: Sequence[str], feed: Feed, limits: Limits, *, readable: Sequence[Path] = ()
) -> bytes:
    """Run a command that finds its input at `INPUT`, and give what it writes.

    `readable` are further files or directories that it may read, at their own places.

    Raises:
        NoSandboxError: bubblewrap, `prlimit` or the program is missing, or may not be used.
        UnreadableError: it failed, or would go beyond its limits.
    """
    if problem := await missing(command[0]):
        raise NoSandboxError(problem)
    async with _turns():
        return await _run(_confined(command, limits, readable), feed, limits)


async def missing(program: str) -> str | None:
    """What this machine lacks for running the program in a sandbox, if anything."""
    for name in ("bwrap", "prlimit", program):
        if shutil.which(name) is None:
            return f"{Path(name).name} is not installed"
    if not await _tried():
        return (
            "bwrap may not make namespaces here (kernel.unprivileged_userns_clone, or a container)"
        )
    return None


async def _run(command: Sequence[str], feed: Feed, limits: Limits) -> bytes:
    reader, writer = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *_with_input(command, reader),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,  # it could quote what it reads
            pass_fds=(reader,),
            env={},
        )
    finally:
        os.close(reader)
    feeding = asyncio.create_task(asyncio.to_thread(_feed, feed, writer))
    try:
        async with asyncio.timeout(limits.seconds):
            output = await _output(process, limits.output)
            await process.wait()
    except TimeoutError:
        raise UnreadableError("the program took too long") from None
    finally:
        if process.returncode is None:
            await _kill(process)
        await asyncio.wait([feeding])
        failed = feeding.exception()
    if failed is not None:
        raise failed
    if process.returncode != 0 or not output:
        raise UnreadableError("the program could not read the file")
    return output


async def _output(process: Process, largest: int) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    output = bytearray()
    while chunk := await process.stdout.read(1 << 16):
        output += chunk
        if len(output) > largest:
            raise UnreadableError("the program wrote too much")
    return bytes(output)


async def _kill(process: Process) -> None:
    """End it; its end is only seen once what it had written is read."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    with suppress(ProcessLookupError):
        process.kill()
    while await process.stdout.read(1 << 16):
        pass
    await process.wait()


def _feed(feed: Feed, writer: int) -> None:
    with suppress(BrokenPipeError), open(writer, "wb") as pipe:
        feed(pipe)


def _with_input(command: Sequence[str], reader: int) -> list[str]:
    return [str(reader) if word == "{input}" else word for word in command]


def _confined(command: Sequence[str], limits: Limits, readable: Sequence[Path]) -> list[str]:
    program = shutil.which(command[0]) or command[0]
    system = [Path(place) for place in SYSTEM]
    return [
        shutil.which("bwrap") or "bwrap",
        *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        "--clearenv",
        *(word for place in system if place.exists() for word in _bound(place)),
        *(word for place in readable for word in ("--ro-bind", str(place), str(place))),
        *("--dev", "/dev", "--ro-bind-data", "{input}", INPUT, "--remount-ro", "/"),
        *("--chdir", "/", "--", "/usr/bin/prlimit"),
        f"--cpu={limits.seconds}",
        f"--as={MEMORY}",
        *("--fsize=0", "--core=0", "--nofile=64", "--"),
        program,
        *command[1:],
    ]


def _bound(place: Path) -> tuple[str, ...]:
    if place.is_symlink():
        return ("--symlink", str(place.readlink()), str(place))
    return ("--ro-bind", str(place), str(place))


def _turns() -> asyncio.Semaphore:
    return _waiting.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(PROCESSES_AT_ONCE))


_waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_works: list[bool] = []


async def _tried() -> bool:
    """Whether a sandbox can be made at all; tried once."""
    if not _works:
        limits = Limits(seconds=TRIAL_SECONDS, output=64)
        try:
            tried = await _run(_confined(("cat", INPUT), limits, ()), _say, limits)
        except UnreadableError:
            tried = b""
        _works.append(tried == b"works")
    return _works[0]


def _say(sink: Sink) -> None:
    sink.write(b"works")
