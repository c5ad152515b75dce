"""A BagIt 1.0 bag (RFC 8493) as one tar stream of known length, written in one pass.

Each item knows its size and SHA-512 beforehand, so nothing but the item that is being written is
ever held in memory or on disk; an item that turns out otherwise stops the stream.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from tarfile import BLOCKSIZE, GNU_FORMAT, TarInfo

from vault.age.sealing import Sink
from vault.errors import SealError

Pour = Callable[[Sink], object]
"""Writes all of an item's bytes to a sink; it may be called more than once."""

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file of the bag."""

    path: str
    """From the bag's own directory on; short and ASCII, so that tar takes it as it is."""
    size: int
    sha256: str
    sha512: str
    pour: Pour = field(repr=False)


class Digests:
    """A sink that keeps size and hashes of what is written to it, and hands it on."""

    def __init__(self, sink: Sink | None = None) -> None:
        """Begin; without a `sink` the bytes go nowhere."""
        self.size = 0
        self._sink = sink
        self._sha256, self._sha512 = hashlib.sha256(), hashlib.sha512()

    def write(self, data: bytes | memoryview, /) -> None:
        """Take the data."""
        self.size += len(data)
        self._sha256.update(data)
        self._sha512.update(data)
        if self._sink is not None:
            self._sink.write(data)

    def item(self, path: str, pour: Pour) -> Item:
        """The item that was written, under its path."""
        return Item(
            path=path,
            size=self.size,
            sha256=self._sha256.hexdigest(),
            sha512=self._sha512.hexdigest(),
            pour=pour,
        )


def measured(path: str, pour: Pour) -> Item:
    """An item whose size and hashes are found by pouring it once."""
    digests = Digests()
    pour(digests)
    return digests.item(path, pour)


def held(path: str, content: bytes) -> Item:
    """An item that is in memory."""
    return measured(path, lambda sink: sink.write(content))


def bagged(
    payload: Sequence[Item], info: Iterable[tuple[str, str]], extra: Iterable[Item] = ()
) -> list[Item]:
    """The bag's files: tag files first, `extra` among them, then the payload (below `data/`)."""
    octets = sum(item.size for item in payload)
    facts = [*info, ("Payload-Oxum", f"{octets}.{len(payload)}")]
    tags = [
        held("bagit.txt", BAGIT),
        held("bag-info.txt", "".join(f"{name}: {fact}\n" for name, fact in facts).encode()),
        held("manifest-sha512.txt", _manifest(payload)),
        *extra,
    ]
    return [*tags, held("tagmanifest-sha512.txt", _manifest(tags)), *payload]


def tar_size(items: Iterable[Item]) -> int:
    """The bytes that `write_tar` will write."""
    return sum(BLOCKSIZE + _padded(item.size) for item in items) + 2 * BLOCKSIZE


def write_tar(items: Iterable[Item], sink: Sink, *, root: str, at: datetime) -> None:
    """Write the files as a tar archive with one directory, all of one owner and time.

    Raises:
        SealError: an item was not what it was measured to be; the archive is then unfinished.
    """
    for item in items:
        info = TarInfo(f"{root}/{item.path}")
        info.size, info.mode, info.mtime = item.size, 0o644, int(at.timestamp())
        sink.write(info.tobuf(GNU_FORMAT))
        digests = Digests(sink)
        item.pour(digests)
        if digests.item(item.path, item.pour) != item:
            raise SealError(f"{item.path} is not what it was a moment ago")
        sink.write(bytes(_padded(item.size) - item.size))
    sink.write(bytes(2 * BLOCKSIZE))


def _manifest(items: Iterable[Item]) -> bytes:
    return "".join(f"{item.sha512}  {item.path}\n" for item in items).encode()


def _padded(size: int) -> int:
    return -(-size // BLOCKSIZE) * BLOCKSIZE
