"""One at a time: whoever works on the data directory holds it until done."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigurationError


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the data directory, so that another `backup up` stops with one line."""
    # Started by root, PostgreSQL runs as another user, who must be able to pass through.
    data.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"another `backup up` uses {data}; stop it, or set BACKUP_DATA elsewhere"
            ) from None
        yield
