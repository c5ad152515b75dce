"""What a file is by its own bytes, whatever it is called. Pure."""

from dataclasses import dataclass
from typing import Literal

import filetype

Family = Literal["image", "video", "audio", "document", "archive", "program", "unknown"]

HEAD = 64 * 1024
"""As much of a file's beginning as is looked at, in bytes."""

_PROGRAMS = {
    b"\x7fELF": "application/x-executable",
    b"MZ": "application/x-msdownload",
    b"#!": "text/x-script",
    b"\xca\xfe\xba\xbe": "application/x-mach-binary",
    b"\xcf\xfa\xed\xfe": "application/x-mach-binary",
    b"dex\n": "application/vnd.android.dex",
}
_ARCHIVES = frozenset(
    f"application/{name}"
    for name in (
        "gzip",
        "x-7z-compressed",
        "x-brotli",
        "x-bzip2",
        "x-compress",
        "x-lzip",
        "x-rar-compressed",
        "x-tar",
        "x-xz",
        "zip",
        "zstd",
    )
)
_DOCUMENTS = ("application/pdf", "application/rtf", "application/vnd.", "application/msword")


@dataclass(frozen=True, slots=True)
class FileType:
    """A media type, and what it means for the one who opens it."""

    mime: str
    family: Family


UNKNOWN = FileType("application/octet-stream", "unknown")


def sniff(head: bytes) -> FileType:
    """The type of the file that begins so; `UNKNOWN` where nothing fits, text included."""
    for magic, mime in _PROGRAMS.items():
        if head.startswith(magic):
            return FileType(mime, "program")
    if head[4:8] == b"ftyp":
        return _boxes(head)
    mime = filetype.guess_mime(head[:HEAD])
    return UNKNOWN if mime is None else FileType(mime, _family(mime))


def _boxes(head: bytes) -> FileType:
    """ISO base media: photos, videos and sound of most phones, told apart by their brands."""
    brand = head[8:12]
    if brand in {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim"}:
        return FileType("image/heic", "image")
    if brand in {b"avif", b"avis"}:
        return FileType("image/avif", "image")
    if brand in {b"M4A ", b"M4B "}:
        return FileType("audio/mp4", "audio")
    return FileType("video/quicktime" if brand == b"qt  " else "video/mp4", "video")


def _family(mime: str) -> Family:
    kind = mime.partition("/")[0]
    if kind in {"image", "video", "audio"}:
        return kind  # type: ignore[return-value]
    if mime in _ARCHIVES:
        return "archive"
    return "document" if mime.startswith(_DOCUMENTS) else "unknown"
