"""The store in a directory."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.vault.desk import files
from tests.vault.store_contract import StoreContract, refs
from vault.errors import StoreError
from vault.store import DirectoryStore
from vault.store.objects import BLOCK


class TestDirectory(StoreContract):
    """All that every store promises."""


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


PUT = """
import sys
from pathlib import Path
from vault.store import DirectoryStore
DirectoryStore(Path(sys.argv[1])).put(sys.stdin.buffer)
"""


def test_a_process_killed_while_it_writes_leaves_nothing_that_looks_like_an_object(
    store: DirectoryStore, data: Path
) -> None:
    command = (sys.executable, "-c", PUT, str(data / "store"))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        process.stdin.write(bytes(2 * BLOCK))
        process.stdin.flush()
        until = time.monotonic() + 60
        while not any(path.stat().st_size for path in files(data)):
            assert time.monotonic() < until, "the process has not begun to write"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    (draft,) = files(data)
    assert refs(store) == []
    os.utime(draft, times=(0, 0))
    DirectoryStore(data / "store")
    assert files(data) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_really_full_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    mount = ("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path))
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("mounting is not allowed here")
    try:
        store = DirectoryStore(tmp_path)
        with pytest.raises(StoreError, match="No space left"):
            store.put(io.BytesIO(bytes(2 * BLOCK)))
        assert files(tmp_path) == []
        assert refs(store) == []
        store.put(io.BytesIO(b"a little"))
        assert len(refs(store)) == 1
    finally:
        subprocess.run(("umount", str(tmp_path)), check=True)  # noqa: S603, S607
