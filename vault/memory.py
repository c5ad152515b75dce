"""What the server remembers of its own log outside of the database: the last checkpoint, in a file.

So a database that was put back to an earlier state, by a mistake or not, is noticed by itself.
After a restore on purpose the file is to be moved away, and the witnesses told.
"""

import os
from pathlib import Path


def recall(path: Path) -> str | None:
    """The checkpoint that was remembered last, if there is one."""
    return path.read_text() if path.exists() else None


def remember(path: Path, checkpoint: str) -> None:
    """Put a checkpoint in the place of the last one: whole or not at all, and for good."""
    if recall(path) == checkpoint:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w") as file:
        file.write(checkpoint)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
