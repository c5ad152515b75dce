"""What an image says of itself, read at arrival for its sealed manifest: declared, never claimed.

The parsers run in the sandbox. Where there is none the bytes stay as they are and can be read later
by anybody who opens them, so nothing is lost; that it was not read is said.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vault.derivatives.sandbox import Limits, NoSandboxError, UnreadableError, run
from vault.intake import BODY, SealedFile

READER = Path(__file__).with_name("metadata_reader.py")
PYTHON = sorted(
    {
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.executable).resolve().parent.parent,
        READER,
    }
)
"""What the interpreter needs to run it."""
LIMITS = Limits(seconds=20, output=64 * 1024)


async def read_metadata(file: SealedFile) -> Mapping[str, Any] | None:
    """The image's EXIF and C2PA data by name, as the reader gives them; None if it is no image.

    `{"unread": reason}` where they were not read.
    """
    if file.type.family != "image":
        return None
    if file.sealed.size > BODY:
        return {"unread": "too large"}
    try:
        said = await run(
            (sys.executable, "-I", str(READER), file.type.mime),
            lambda sink: sink.write(file.body),
            LIMITS,
            readable=PYTHON,
        )
        read: Mapping[str, Any] = json.loads(said)
    except NoSandboxError:
        return {"unread": "no sandbox"}
    except (UnreadableError, ValueError):
        return {"unread": "unreadable"}
    return read
