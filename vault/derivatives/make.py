"""Which copies of a file can be looked at, and how each is made.

A copy is encoded anew, so it holds none of the original's metadata, and it proves nothing. The
demuxer follows from the bytes' own type: formats that name other files or addresses (playlists,
concatenations) are never tried, and the protocols that could follow them are off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vault.derivatives.sandbox import Feed, Limits, NoSandboxError, UnreadableError, missing, run

__all__ = ["COPIES", "Copy", "Feed", "NoSandboxError", "UnreadableError", "copies", "make", "ready"]

Copy = Literal["picture", "sound", "film"]

LARGEST = 256 * 1024 * 1024
"""Bytes of an original of which copies are made: it has to fit into memory."""
PROGRAM = "ffmpeg"

_DEMUXERS = {
    "image/avif": "mov",
    "image/bmp": "bmp_pipe",
    "image/gif": "gif",
    "image/jpeg": "jpeg_pipe",
    "image/png": "png_pipe",
    "image/tiff": "tiff_pipe",
    "image/webp": "webp_pipe",
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/x-flac": "flac",
    "audio/x-wav": "wav",
}
_BY_FAMILY: Mapping[str, tuple[Copy, ...]] = {
    "image": ("picture",),
    "video": ("picture", "film"),
    "audio": ("sound",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one kind of copy is made, and what it then is."""

    mime: str
    arguments: tuple[str, ...]
    limits: Limits


COPIES: Mapping[Copy, Recipe] = {
    "picture": Recipe(
        mime="image/jpeg",
        arguments=(
            *("-an", "-sn", "-dn", "-frames:v", "1", "-pix_fmt", "yuvj420p", "-q:v", "4"),
            *("-vf", r"scale=w=min(1280\,iw):h=min(1280\,ih):force_original_aspect_ratio=decrease"),
            *("-c:v", "mjpeg", "-f", "image2pipe"),
        ),
        limits=Limits(seconds=20, output=8 << 20),
    ),
    "sound": Recipe(
        mime="audio/mpeg",
        arguments=("-vn", "-sn", "-dn", "-c:a", "libmp3lame", "-q:a", "5", "-f", "mp3"),
        limits=Limits(seconds=60, output=64 << 20),
    ),
    "film": Recipe(
        mime="video/mp4",
        arguments=(
            *("-sn", "-dn", "-vf", r"scale=w=-2:h=min(360\,trunc(ih/2)*2)", "-pix_fmt", "yuv420p"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "28", "-c:a", "aac", "-ac", "1"),
            *("-movflags", "frag_keyframe+empty_moov", "-f", "mp4"),
        ),
        limits=Limits(seconds=120, output=128 << 20),
    ),
}


def copies(mime: str, size: int) -> tuple[Copy, ...]:
    """The copies that can be made of an original of that type and size."""
    if mime not in _DEMUXERS or size > LARGEST:
        return ()
    return _BY_FAMILY[mime.partition("/")[0]]


async def ready() -> str | None:
    """What this machine lacks for making copies, if anything."""
    return await missing(PROGRAM)


async def make(copy: Copy, mime: str, feed: Feed) -> bytes:
    """A copy of what `feed` writes; the original is not touched.

    Raises:
        NoSandboxError: this machine can't make copies safely, so it makes none.
        UnreadableError: no copy can be made of this file.
    """
    recipe = COPIES[copy]
    command = (
        PROGRAM,
        *("-nostdin", "-hide_banner", "-loglevel", "quiet", "-threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-max_pixels", "200000000"),
        *("-f", _DEMUXERS[mime], "-i", "/input", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-threads", "1", "-fflags", "+bitexact", "-flags", "+bitexact"),
        *recipe.arguments,
        "pipe:1",
    )
    return await run(command, feed, recipe.limits)
