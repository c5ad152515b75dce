"""Real photos, films and sounds, made when they are needed; tests skip where ffmpeg is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

PICTURE = ("-f", "lavfi", "-i", "testsrc=size=640x480:rate=10:duration=2")
TONE = ("-f", "lavfi", "-i", "sine=duration=2")


def sample(folder: Path, name: str, *arguments: str) -> bytes:
    """What ffmpeg makes of the arguments; the name's ending says as what."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not installed")
    path = folder / name
    subprocess.run((program, "-loglevel", "error", *arguments, path), check=True)  # noqa: S603
    return path.read_bytes()


def photo(folder: Path) -> bytes:
    """A photo without a word about itself."""
    return sample(folder, "photo.jpg", *PICTURE, "-frames:v", "1")
