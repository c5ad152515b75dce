"""Recorded voices for those who do not read: a folder for each language, with a manifest.

    audio/<language>/manifest.yml    what each file says, by SHA-256 of the spoken words
    audio/<language>/<name>.ogg      Ogg Opus, which apps play as a voice note

A recording is found by the very words that it speaks. When words change, their old recording is no
longer found, so nobody ever hears something else than what stands in the chat.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import yaml

from locales.pofile import CatalogError

AUDIO = "audio"
"""The folder beside the catalogs."""
MANIFEST = "manifest.yml"
OPUS = (b"OggS", b"OpusHead")
"""How an Ogg Opus file begins, and what its first page holds."""
FIRST_PAGE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """The recordings of all languages."""

    files: Mapping[tuple[str, str], str] = field(repr=False)
    """Paths below the folder that holds `audio`, by language and hash of the words."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the manifests of a folder that may have `audio`.

        Raises:
            CatalogError: a manifest is wrong, or names a file that is not there.
        """
        found = {}
        for manifest in sorted(folder.glob(f"{AUDIO}/*/{MANIFEST}")):
            language = manifest.parent.name
            for digest, name in _read(manifest).items():
                path = _checked(manifest.parent / name)
                found[language, digest] = str(path.relative_to(folder))
        return cls(files=found)

    def find(self, language: str, words: str) -> str | None:
        """The path below the folder of a file in which somebody speaks exactly these words."""
        return self.files.get((language, spoken(words)))


def spoken(words: str) -> str:
    """SHA-256, in hex, of words as they are read aloud: line breaks and spaces don't matter."""
    return hashlib.sha256(" ".join(words.split()).encode()).hexdigest()


def script(question: str, options: Sequence[str]) -> str:
    """What is read aloud for a question: its words, then each option with its number."""
    return "\n".join((question, *(f"{n}. {label}" for n, label in enumerate(options, 1))))


def add(folder: Path, language: str, words: str, recording: Path) -> Path:
    """Take a recording of these words into the folder and its manifest; gives its new place.

    Raises:
        CatalogError: it is not Ogg Opus.
    """
    _checked(recording)
    digest = spoken(words)
    own = folder / AUDIO / language
    own.mkdir(parents=True, exist_ok=True)
    path = own / f"{digest[:16]}.ogg"
    path.write_bytes(recording.read_bytes())
    manifest = own / MANIFEST
    known = _read(manifest) if manifest.exists() else {}
    known[digest] = path.name
    lines = (f"{key}: {name}\n" for key, name in sorted(known.items()))
    manifest.write_text("# Which file speaks which words (SHA-256).\n" + "".join(lines), "utf-8")
    return path


def _read(manifest: Path) -> dict[str, str]:
    name = "/".join(manifest.parts[-2:])
    try:
        entries = yaml.load(manifest.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise CatalogError(f"{name}: {error}") from error
    if not isinstance(entries, dict):
        raise CatalogError(f"{name}: it should have a hash and a file's name in each line")
    return {str(key): str(value) for key, value in entries.items()}


def _checked(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            head = file.read(FIRST_PAGE)
    except OSError as error:
        raise CatalogError(f"{path.name}: {error.strerror}") from error
    if not (head.startswith(OPUS[0]) and OPUS[1] in head):
        raise CatalogError(f"{path.name} is not Ogg Opus, which voice notes are made of")
    return path
