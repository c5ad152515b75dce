"""The store in a bucket of a server that enforces locks, checksums and conditions."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from core.settings import Settings
from tests.peers.localstack import KEYS, localstack
from tests.vault.store_contract import CONTENT, StoreContract, refs
from vault.store.chosen import open_client
from vault.store.conformance import check_bucket
from vault.store.s3 import PREFIX, Lock, S3Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOVERNANCE = Lock(mode="GOVERNANCE", days=2)
COMPLIANCE = Lock(mode="COMPLIANCE", days=2)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with localstack() as address:
        yield address


def settings_of(server: str, bucket: str) -> Settings:
    return Settings(
        s3_bucket=bucket,
        s3_endpoint=server,
        s3_access_key_id=KEYS["aws_access_key_id"],
        s3_secret_access_key=KEYS["aws_secret_access_key"],
    )


@pytest.fixture
def client(server: str) -> "S3Client":
    return open_client(settings_of(server, "any"))


@pytest.fixture
def bucket(client: "S3Client") -> str:
    name = f"b{uuid4().hex}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@pytest.fixture
def store(client: "S3Client", bucket: str, data: Path) -> S3Store:
    return S3Store(client, bucket, spool=data / "spool")


class TestContract(StoreContract):
    """All that every store promises."""


@pytest.mark.parametrize("content", [b"small", CONTENT])
@pytest.mark.parametrize("lock", [GOVERNANCE, COMPLIANCE])
def test_each_version_is_locked(
    client: "S3Client", bucket: str, data: Path, lock: Lock, content: bytes
) -> None:
    ref = S3Store(client, bucket, spool=data / "spool", lock=lock).put(io.BytesIO(content))
    digest, _, version = ref.partition("@")
    head = client.head_object(Bucket=bucket, Key=PREFIX + digest, VersionId=version)
    assert head["ObjectLockMode"] == lock.mode
    left = head["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert timedelta(days=1) < left <= timedelta(days=2)


def test_a_governance_lock_is_bypassed_to_erase_and_a_compliance_lock_is_not(
    client: "S3Client", bucket: str, data: Path
) -> None:
    for lock, erased in ((GOVERNANCE, True), (COMPLIANCE, False)):
        store = S3Store(client, bucket, spool=data / "spool", lock=lock)
        ref = store.put(io.BytesIO(lock.mode.encode()))
        assert store.erase(ref) is erased
        assert (ref in refs(store)) is not erased


@pytest.mark.parametrize("lock", [None, GOVERNANCE, COMPLIANCE])
def test_a_bucket_that_keeps_its_promises_passes_every_check(
    client: "S3Client", bucket: str, lock: Lock | None
) -> None:
    checks = list(check_bucket(client, bucket, lock))
    assert [check.name for check in checks if not check.passed] == []
    assert len(checks) == {None: 8, GOVERNANCE: 12, COMPLIANCE: 13}[lock]


@pytest.mark.parametrize("lock", [None, GOVERNANCE])
def test_what_the_checks_wrote_is_gone_again(
    client: "S3Client", bucket: str, lock: Lock | None
) -> None:
    assert list(check_bucket(client, bucket, lock))
    assert "Versions" not in client.list_object_versions(Bucket=bucket)
    assert not client.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_a_bucket_without_versions_is_found_out_at_once(client: "S3Client") -> None:
    client.create_bucket(Bucket=(name := f"b{uuid4().hex}"))
    (check,) = check_bucket(client, name, None)
    assert not check.passed
    assert "versioning" in check.otherwise


def test_a_bucket_that_ignores_locks_is_found_out(client: "S3Client") -> None:
    client.create_bucket(Bucket=(name := f"b{uuid4().hex}"))
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    assert all(check.passed for check in check_bucket(client, name, None))
    failed = [check.name for check in check_bucket(client, name, COMPLIANCE) if not check.passed]
    assert failed


KILLED = """
import io, os, signal, sys
from pathlib import Path
from core.settings import load_settings
from vault.store.chosen import open_client
from vault.store.s3 import S3Store

operation, size, spool = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
settings = load_settings()
client = open_client(settings)
calls = iter(range(1, 9))
def die(**_):
    if operation != "UploadPart" or next(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
client.meta.events.register(f"before-call.s3.{operation}", die)
S3Store(client, settings.s3_bucket, spool=spool).put(io.BytesIO(bytes(size)))
"""


@pytest.mark.parametrize(
    ("operation", "size"),
    [("PutObject", 10), ("UploadPart", len(CONTENT)), ("CompleteMultipartUpload", len(CONTENT))],
)
def test_a_process_killed_while_it_uploads_leaves_nothing_that_looks_like_an_object(
    server: str, client: "S3Client", bucket: str, data: Path, operation: str, size: int
) -> None:
    where = {"S3_ENDPOINT": server, "S3_BUCKET": bucket}
    keys = {"S3_ACCESS_KEY_ID": "made", "S3_SECRET_ACCESS_KEY": "up"}
    done = subprocess.run(  # noqa: S603
        (sys.executable, "-c", KILLED, operation, str(size), str(data / "spool")),
        env=os.environ | where | keys,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert list((data / "spool").iterdir()) == []
    store = S3Store(client, bucket, spool=data / "spool", abandoned=timedelta(seconds=-5))
    assert refs(store) == []
    assert not client.list_multipart_uploads(Bucket=bucket).get("Uploads")
    with store.open(store.put(io.BytesIO(bytes(size)))) as file:
        assert file.read() == bytes(size)
