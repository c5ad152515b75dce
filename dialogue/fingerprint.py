"""Which model belongs to what is on the disk now: a hash of everything that training depends on.

Imports nothing heavy, so that a start with nothing to train costs milliseconds.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dialogue import paths

_CODE = (
    *("questionnaire/*.yml", "questionnaire/*.py", "nlu/*.py"),
    *("learn.py", "project.py", "slots.py", "requirements.lock"),
)
_WORDS = ("*/LC_MESSAGES/chat.po", "*/understanding.yml")


def fingerprint(words: tuple[Path, ...] = paths.WORDS) -> str:
    """Hash the questionnaire, the words, the code that learns from them, and the lock."""
    digest = hashlib.sha256()
    for root, file in _inputs(words):
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _inputs(words: tuple[Path, ...]) -> Iterator[tuple[Path, Path]]:
    for pattern in _CODE:
        yield from ((paths.PACKAGE, file) for file in sorted(paths.PACKAGE.glob(pattern)))
    own = paths.QUESTIONNAIRE.parent
    yield from ((own, file) for file in sorted(own.glob("*.yml")))
    for folder in words:
        for pattern in _WORDS:
            yield from ((folder, file) for file in sorted(folder.glob(pattern)))
