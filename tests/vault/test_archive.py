"""A sealed archive: all of it as it was written, or an error."""

import io
import os
import tarfile
from collections.abc import Iterator

import pytest

from vault.age import Identity, seal
from vault.age.open import unseal
from vault.archive import Part, read_archive, write_archive
from vault.errors import SealError

IDENTITY = Identity.generate()
FILES = {"about.json": b"{}", "objects/a": os.urandom(3_000_000), "empty": b"", "end": b"x" * 512}


def written(parts: dict[str, bytes] | None = None) -> bytes:
    sink = io.BytesIO()
    files = (FILES if parts is None else parts).items()
    write_archive((Part.of(name, content) for name, content in files), sink, [IDENTITY.recipient])
    return sink.getvalue()


def read(archive: bytes, identity: Identity = IDENTITY) -> dict[str, bytes]:
    return {
        part.name: b"".join(part.blocks) for part in read_archive(io.BytesIO(archive), identity)
    }


def sealed_tar(files: dict[str, bytes], tail: bytes = b"") -> bytes:
    """What somebody makes who has the recipient, but not this program."""
    made = io.BytesIO()
    with tarfile.open(mode="w", fileobj=made) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return seal(made.getvalue() + tail, [IDENTITY.recipient])


def manifest_of(files: dict[str, bytes]) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(unseal(written(files), IDENTITY))) as tar:
        file = tar.extractfile("manifest.json")
        assert file is not None
        return file.read()


@pytest.mark.parametrize("files", [FILES, {}, {"one": b""}])
def test_what_was_written_is_read(files: dict[str, bytes]) -> None:
    assert read(written(files)) == files


def test_public_tools_read_it_too() -> None:
    with tarfile.open(fileobj=io.BytesIO(unseal(written(), IDENTITY))) as tar:
        assert tar.getnames() == [*FILES, "manifest.json"]


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealError):
        read(written(), Identity.generate())


@pytest.mark.parametrize("cut", [1, 16, 600, 65_536 + 16, 1_000_000])
def test_a_cut_archive_is_refused(cut: int) -> None:
    with pytest.raises(SealError):
        read(written()[:-cut])


@pytest.mark.parametrize("place", [0, 30, 1500, 2000, 1_000_000, -1])
def test_a_changed_archive_is_refused(place: int) -> None:
    changed = bytearray(written())
    changed[place] ^= 1
    with pytest.raises(SealError):
        read(bytes(changed))


def test_parts_that_were_taken_out_exchanged_or_added_are_refused() -> None:
    manifest = manifest_of(FILES)
    whole = FILES | {"manifest.json": manifest}
    assert read(sealed_tar(whole)) == FILES
    without = {name: content for name, content in whole.items() if name != "empty"}
    for files in (
        without,
        FILES,
        FILES | {"end": b"y" * 512, "manifest.json": manifest},
        dict(reversed(FILES.items())) | {"manifest.json": manifest},
        whole | {"more": b""},
    ):
        with pytest.raises(SealError):
            read(sealed_tar(files))
    with pytest.raises(SealError):
        read(sealed_tar(whole, tail=b"more"))


def test_what_is_no_archive_is_refused() -> None:
    for content in (b"", b"x", os.urandom(5000)):
        with pytest.raises(SealError):
            read(seal(content, [IDENTITY.recipient]))


def test_a_part_that_is_not_of_its_size_is_refused() -> None:
    for size in (0, 2):
        with pytest.raises(SealError, match="size"):
            write_archive(
                [Part(name="a", size=size, blocks=[b"1"])], io.BytesIO(), [IDENTITY.recipient]
            )


def test_it_holds_no_more_than_a_block_in_memory() -> None:
    """Parts are asked for one after the other, each block as it is needed."""
    given: list[int] = []

    def blocks() -> Iterator[bytes]:
        for number in range(40):
            given.append(number)
            yield bytes(1 << 20)

    class Watching(io.BytesIO):
        def write(self, data: object, /) -> int:
            behind = len(given) - self.tell() / (1 << 20)
            assert behind < 12
            return super().write(data)  # type: ignore[arg-type]

    part = Part(name="large", size=40 << 20, blocks=blocks())
    write_archive([part], Watching(), [IDENTITY.recipient])
    assert len(given) == 40
