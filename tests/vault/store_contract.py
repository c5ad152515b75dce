"""What every store promises; each kind of store is put through all of it."""

import errno
import hashlib
import io
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import GoneError
from vault.errors import StoreError
from vault.store import ObjectRef, ObjectStore, digest_of
from vault.store.s3 import PART

CONTENT = os.urandom(2 * PART + 5)
SIZES = [0, 1, 3_000_000, PART - 1, PART, PART + 1, 2 * PART, len(CONTENT)]


class Torn(io.BytesIO):
    """A source that fails half-way."""

    def __init__(self, error: Exception) -> None:
        super().__init__(b"half")
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        if piece := super().read(size):
            return piece
        raise self._error


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may grow beyond that many bytes; the system refuses as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refs(store: ObjectStore) -> list[ObjectRef]:
    return [kept.ref for kept in store.objects()]


class StoreContract:
    """An object is there whole and stays as it is, or it isn't there."""

    @pytest.mark.parametrize("size", SIZES)
    def test_an_object_is_named_by_its_hash_and_comes_back(
        self, store: ObjectStore, size: int
    ) -> None:
        ref = store.put(io.BytesIO(CONTENT[:size]))
        assert digest_of(ref) == hashlib.sha256(CONTENT[:size]).hexdigest()
        with store.open(ref) as file:
            assert file.seekable()
            assert file.read() == CONTENT[:size]

    def test_a_part_of_an_object_is_read_from_anywhere(self, store: ObjectStore) -> None:
        with store.open(store.put(io.BytesIO(CONTENT))) as file:
            for begin in (len(CONTENT) - 3, 0, PART - 2, 7, 200_000, 200_100, len(CONTENT) + 9):
                assert file.seek(begin) == begin
                assert file.read(1000) == CONTENT[begin : begin + 1000]
            assert file.seek(-5, io.SEEK_END) == len(CONTENT) - 5
            assert file.read() == CONTENT[-5:]
            assert file.tell() == len(CONTENT)

    def test_the_same_object_twice_is_one_object(self, store: ObjectStore) -> None:
        for content in (b"x", CONTENT):
            assert store.put(io.BytesIO(content)) == store.put(io.BytesIO(content))
        assert len(refs(store)) == 2

    def test_it_says_what_it_holds_since_when(self, store: ObjectStore) -> None:
        ref = store.put(io.BytesIO(b"four"))
        (kept,) = store.objects()
        assert (kept.ref, kept.size) == (ref, 4)
        assert abs(kept.at - datetime.now(UTC)) < timedelta(minutes=5)

    @pytest.mark.parametrize(
        "error",
        [OSError(errno.ENOSPC, "No space left on device"), ConnectionResetError(104, "reset")],
    )
    def test_a_torn_write_leaves_nothing(self, store: ObjectStore, error: OSError) -> None:
        with pytest.raises(StoreError):
            store.put(Torn(error))
        assert refs(store) == []

    def test_a_foreign_error_passes_and_leaves_nothing(self, store: ObjectStore) -> None:
        with pytest.raises(ZeroDivisionError):
            store.put(Torn(ZeroDivisionError()))
        assert refs(store) == []

    def test_a_full_disk_leaves_nothing_and_what_was_kept_stays(self, store: ObjectStore) -> None:
        ref = store.put(io.BytesIO(b"kept before"))
        with disk_of(2_000_000), pytest.raises(StoreError, match="disk refuses"):
            store.put(io.BytesIO(CONTENT))
        assert refs(store) == [ref]
        assert store.put(io.BytesIO(CONTENT))

    def test_erasing_is_for_good_and_may_be_repeated(self, store: ObjectStore) -> None:
        ref = store.put(io.BytesIO(b"x"))
        assert store.erase(ref)
        assert store.erase(ref)
        assert refs(store) == []
        with pytest.raises(GoneError):
            store.open(ref)

    def test_what_was_erased_may_be_kept_again(self, store: ObjectStore) -> None:
        store.erase(store.put(io.BytesIO(b"x")))
        with store.open(store.put(io.BytesIO(b"x"))) as file:
            assert file.read() == b"x"

    @pytest.mark.parametrize("name", ["", "..", "../drafts/x", "0" * 63, "0" * 64 + "\n", "G" * 64])
    def test_a_name_that_is_no_hash_leads_nowhere(self, store: ObjectStore, name: str) -> None:
        for use in (store.open, store.erase):
            with pytest.raises(GoneError):
                use(ObjectRef(name))
