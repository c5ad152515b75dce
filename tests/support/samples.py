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


def with_place(photo: bytes) -> bytes:
    """The photo with an EXIF block that says where and by what it was taken."""

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        fields = (tag.to_bytes(2, "big"), kind.to_bytes(2, "big"), count.to_bytes(4, "big"))
        return b"".join(fields) + value.ljust(4, b"\0")

    def degrees(*parts: int) -> bytes:
        return b"".join(part.to_bytes(4, "big") + (1).to_bytes(4, "big") for part in parts)

    first = 8
    gps = first + 2 + 2 * 12 + 4
    values = gps + 2 + 4 * 12 + 4
    north, east = degrees(12, 6, 0), degrees(8, 30, 0)
    body = b"MM\0\x2a" + first.to_bytes(4, "big")
    body += (2).to_bytes(2, "big")
    body += entry(0x010F, 2, 4, b"ACM\0") + entry(0x8825, 4, 1, gps.to_bytes(4, "big"))
    body += bytes(4)
    body += (4).to_bytes(2, "big")
    body += entry(1, 2, 2, b"N\0") + entry(2, 5, 3, values.to_bytes(4, "big"))
    body += entry(3, 2, 2, b"E\0") + entry(4, 5, 3, (values + len(north)).to_bytes(4, "big"))
    body += bytes(4) + north + east
    block = b"Exif\0\0" + body
    return photo[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + photo[2:]
