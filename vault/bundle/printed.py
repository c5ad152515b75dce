"""HTML to PDF/A-3, in a process of its own: it takes seconds, much memory, and gets no secret.

The text goes in and the PDF comes out through pipes; nothing is fetched, from a network or a disk.
"""

import os
import subprocess
import sys
from typing import Any, NoReturn

from core.errors import ConfigurationError

VARIANT = "pdf/a-3b"
LACKING = 3
LONGEST = 600
"""Seconds that an index of thousands of messages may take."""
KNOWN = ("HOME", "LANG", "PATH")
"""What the process may know of its surroundings; fonts are found by it."""


def printed(html: str) -> bytes:
    """The PDF of a page that refers to nothing outside itself.

    Raises:
        ConfigurationError: the machine lacks what PDFs are made with.
    """
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__],
        input=html.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in KNOWN if name in os.environ},
        timeout=LONGEST,
        check=False,
    )
    if done.returncode == LACKING:
        raise ConfigurationError(
            "the index needs Pango: install libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0"
            " and fonts-noto-core"
        )
    done.check_returncode()
    return done.stdout


def main() -> int:
    """Print what is given."""
    try:
        from weasyprint import HTML  # noqa: PLC0415 - it needs Pango, which may not be there
    except OSError:
        return LACKING
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=_refuse)
    page.write_pdf(sys.stdout.buffer, pdf_variant=VARIANT)
    return 0


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise ValueError("an index refers to nothing outside itself")


if __name__ == "__main__":
    sys.exit(main())
