"""A store: an object is there whole and stays as it is, or it isn't there."""

import errno
import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from core.errors import GoneError
from tests.vault.desk import files
from vault.errors import StoreError
from vault.store import DirectoryStore, ObjectRef


class Torn(io.BytesIO):
    """A source that fails half-way."""

    def __init__(self, error: Exception) -> None:
        super().__init__(b"half")
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        if piece := super().read(size):
            return piece
        raise self._error


def test_an_object_is_named_by_its_hash_and_comes_back(store: DirectoryStore) -> None:
    content = os.urandom(3_000_000)
    ref = store.put(io.BytesIO(content))
    assert ref == hashlib.sha256(content).hexdigest()
    with store.open(ref) as file:
        assert file.seekable()
        assert file.read() == content


def test_nobody_may_write_to_an_object(store: DirectoryStore, data: Path) -> None:
    store.put(io.BytesIO(b"x"))
    assert [path.stat().st_mode & 0o777 for path in files(data)] == [0o400]


def test_the_same_object_twice_is_one_file_that_is_not_touched(
    store: DirectoryStore, data: Path
) -> None:
    ref = store.put(io.BytesIO(b"x"))
    before = files(data)[0].stat()
    assert store.put(io.BytesIO(b"x")) == ref
    after = files(data)[0].stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_what_stands_under_a_name_is_never_written_over(store: DirectoryStore, data: Path) -> None:
    ref = store.put(io.BytesIO(b"x"))
    path = files(data)[0]
    path.chmod(0o600)
    path.write_bytes(b"changed by somebody")
    store.put(io.BytesIO(b"x"))
    with store.open(ref) as file:
        assert file.read() == b"changed by somebody"


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), ConnectionResetError(104, "reset")]
)
def test_a_torn_write_leaves_nothing(store: DirectoryStore, data: Path, error: OSError) -> None:
    with pytest.raises(StoreError):
        store.put(Torn(error))
    assert files(data) == []


def test_a_foreign_error_passes_and_leaves_nothing(store: DirectoryStore, data: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        store.put(Torn(ZeroDivisionError()))
    assert files(data) == []


def test_drafts_of_a_crashed_process_are_swept_at_start_and_living_ones_are_not(
    store: DirectoryStore, data: Path
) -> None:
    ref = store.put(io.BytesIO(b"kept"))
    drafts = data / "store" / "drafts"
    for name, age in (("crashed", 4000), ("living", 10)):
        (drafts / name).write_bytes(b"half")
        os.utime(drafts / name, times=(time.time() - age,) * 2)
    again = DirectoryStore(data / "store")
    assert [path.name for path in drafts.iterdir()] == ["living"]
    with again.open(ref) as file:
        assert file.read() == b"kept"


def test_erasing_is_for_good_and_may_be_repeated(store: DirectoryStore, data: Path) -> None:
    ref = store.put(io.BytesIO(b"x"))
    store.erase(ref)
    store.erase(ref)
    assert files(data) == []
    with pytest.raises(GoneError):
        store.open(ref)


@pytest.mark.parametrize("name", ["", "..", "../drafts/x", "0" * 63, "0" * 64 + "\n", "G" * 64])
def test_a_name_that_is_no_hash_leads_nowhere(store: DirectoryStore, name: str) -> None:
    for use in (store.open, store.erase):
        with pytest.raises(GoneError):
            use(ObjectRef(name))
