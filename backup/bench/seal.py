"""How fast files are sealed, and that their size does not matter to memory.

The yardstick is `openssl dgst -sha256` on the same file in the same run; Debian's `sha256sum` is
none, since it does not use the processor's SHA instructions. The ciphertext is thrown away: this
measures sealing with both hashes, not the disk.
"""

import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import tempfile
import time
from argparse import ArgumentParser, Namespace
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import ConfigurationError
from core.settings import Settings
from vault.age import Identity, seal_stream

MIB = 1 << 20
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Speeds in 10^6 bytes a second, best of three; memory in MiB."""

    mb_per_s: float
    ratio_to_openssl_sha256: float
    rss_growth_mb: float
    openssl_mb_per_s: float
    megabytes: int


def measure(*, megabytes: int = 2048, small_megabytes: int = 64) -> Figures:
    """Seal a file of that many MiB, and a small one to compare peak memory with.

    Raises:
        ConfigurationError: openssl is not installed, or no disk has room.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise ConfigurationError("openssl is not installed; it is the yardstick")
    room = _room((megabytes + small_megabytes) * MIB)
    with tempfile.TemporaryDirectory(dir=room) as directory:
        small, large = Path(directory, "small"), Path(directory, "large")
        _fill(small, small_megabytes)
        _fill(large, megabytes)
        _, small_peak = _apart(small)
        rounds = [(_digest(openssl, large), *_apart(large)) for _ in range(ROUNDS)]
    digesting, sealing, peaks = zip(*rounds, strict=True)
    size = megabytes * MIB / 1e6
    return Figures(
        megabytes=megabytes,
        mb_per_s=round(size / min(sealing), 1),
        openssl_mb_per_s=round(size / min(digesting), 1),
        ratio_to_openssl_sha256=round(min(sealing) / min(digesting), 3),
        rss_growth_mb=round((max(peaks) - small_peak) / MIB, 1),
    )


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `backup bench seal`."""
    parser.add_argument("--megabytes", type=int, default=2048, help="size of the large file")
    parser.add_argument("--json", action="store_true", help="print JSON, the only form there is")


def run(args: Namespace, _settings: Settings) -> int:
    """Print the figures as JSON."""
    print(json.dumps(asdict(measure(megabytes=args.megabytes))))
    return 0


def _room(size: int) -> str:
    """A directory whose disk has room for that many bytes, and a little more."""
    for place in (tempfile.gettempdir(), "."):
        if shutil.disk_usage(place).free > size + size // 10:
            return place
    raise ConfigurationError(f"no disk has room for {size // MIB} MiB; set TMPDIR to one that has")


def _fill(path: Path, megabytes: int) -> None:
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)


def _digest(openssl: str, path: Path) -> float:
    """Seconds that the yardstick takes."""
    began = time.perf_counter()
    subprocess.run([openssl, "dgst", "-sha256", path], check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - began


def _apart(path: Path) -> tuple[float, int]:
    """Seal in a fresh process, whose peak memory is this file's alone."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(_seal, path).result()


def _seal(path: Path) -> tuple[float, int]:
    """Seconds, and the process's peak resident memory in bytes."""
    recipient = Identity.generate().recipient
    with path.open("rb", buffering=0) as source, Path(os.devnull).open("wb", buffering=0) as sink:
        began = time.perf_counter()
        seal_stream(source, sink, [recipient])
        return time.perf_counter() - began, _peak()


def _peak() -> int:
    """Linux counts the parent's memory into `ru_maxrss`, so the process's own record is better."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
