"""The store in a bucket, on moto; what moto does not enforce is tried in tests/peers."""

import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from moto import mock_aws

from core.errors import ConfigurationError, GoneError
from core.settings import Settings
from tests.vault.store_contract import CONTENT, StoreContract, refs
from vault.errors import StoreError
from vault.store import DirectoryStore, ObjectRef, digest_of, open_store
from vault.store.conformance import check_bucket
from vault.store.reading import ObjectReader
from vault.store.s3 import PREFIX, Lock, S3Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "evidence"


@pytest.fixture
def client() -> Iterator["S3Client"]:
    with mock_aws():
        client = boto3.client(
            "s3",
            region_name="us-east-1",
            aws_access_key_id="made",
            aws_secret_access_key="up",
        )
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield client


@pytest.fixture
def store(client: "S3Client", data: Path) -> S3Store:
    return S3Store(client, BUCKET, spool=data / "spool")


class TestBucket(StoreContract):
    """All that every store promises."""


def test_a_bucket_without_versions_serves_too(data: Path, client: "S3Client") -> None:
    client.create_bucket(Bucket="plain")
    store = S3Store(client, "plain", spool=data / "spool")
    ref = store.put(io.BytesIO(b"x"))
    assert ref == digest_of(ref)
    assert refs(store) == [ref]
    assert store.erase(ref)
    assert refs(store) == []


def test_what_is_on_its_way_has_no_name_on_the_disk(store: S3Store, data: Path) -> None:
    store.put(io.BytesIO(CONTENT))
    assert list((data / "spool").iterdir()) == []


def test_what_others_write_or_delete_under_a_name_is_not_what_is_read(
    store: S3Store, client: "S3Client"
) -> None:
    ref = store.put(io.BytesIO(b"as it was"))
    key = PREFIX + digest_of(ref)
    client.put_object(Bucket=BUCKET, Key=key, Body=b"forged")
    with store.open(ref) as file:
        assert file.read() == b"as it was"
    client.delete_object(Bucket=BUCKET, Key=key)
    with store.open(ref) as file:
        assert file.read() == b"as it was"
    with pytest.raises(GoneError):
        store.open(ObjectRef(digest_of(ref)))


def test_something_else_under_an_object_s_name_is_not_taken_for_it(
    store: S3Store, client: "S3Client"
) -> None:
    ref = store.put(io.BytesIO(b"mine"))
    store.erase(ref)
    client.put_object(Bucket=BUCKET, Key=PREFIX + digest_of(ref), Body=b"something else")
    with pytest.raises(StoreError, match="something else"):
        store.put(io.BytesIO(b"mine"))


def test_an_object_that_came_from_a_directory_is_found_and_erased_by_its_hash(
    store: S3Store, client: "S3Client", data: Path
) -> None:
    ref = DirectoryStore(data / "before").put(io.BytesIO(b"moved"))
    client.put_object(Bucket=BUCKET, Key=PREFIX + ref, Body=b"moved")
    with store.open(ref) as file:
        assert file.read() == b"moved"
    assert store.erase(ref)
    assert refs(store) == []


def test_each_version_is_locked_for_the_days_that_were_set(client: "S3Client", data: Path) -> None:
    lock = Lock(mode="COMPLIANCE", days=30)
    ref = S3Store(client, BUCKET, spool=data / "spool", lock=lock).put(io.BytesIO(b"x"))
    digest, _, version = ref.partition("@")
    head = client.head_object(Bucket=BUCKET, Key=PREFIX + digest, VersionId=version)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    left = head["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_uploads_that_a_crash_left_are_aborted_at_start_and_living_ones_are_not(
    client: "S3Client", data: Path
) -> None:
    def unfinished() -> int:
        return len(client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))

    client.create_multipart_upload(Bucket=BUCKET, Key=f"{PREFIX}{'0' * 64}")
    # moto dates every upload to 2010.
    S3Store(client, BUCKET, spool=data / "spool", abandoned=timedelta(days=36500))
    assert unfinished() == 1
    S3Store(client, BUCKET, spool=data / "spool")
    assert unfinished() == 0


def test_a_failing_upload_is_aborted_and_says_why_without_names(
    client: "S3Client", data: Path
) -> None:
    def fail(params: dict[str, Any], **_: object) -> None:
        if params["body"] and params["query_string"]["partNumber"] == 2:
            raise ReadTimeoutError(endpoint_url="https://secret.example/evidence")

    client.meta.events.register("before-call.s3.UploadPart", fail)
    store = S3Store(client, BUCKET, spool=data / "spool")
    with pytest.raises(StoreError, match=r"^the object store refuses: ReadTimeoutError$"):
        store.put(io.BytesIO(CONTENT))
    assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)
    assert refs(store) == []


def test_a_bucket_that_is_not_there_stops_no_start_but_keeps_nothing(
    client: "S3Client", data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        store = S3Store(client, "nowhere", spool=data / "spool")
    assert "NoSuchBucket" in caplog.text
    with pytest.raises(StoreError, match="NoSuchBucket"):
        store.put(io.BytesIO(b"x"))


def test_a_server_that_accepts_a_lock_and_does_not_enforce_it_is_found_out(
    client: "S3Client",
) -> None:
    checks = check_bucket(client, BUCKET, Lock(mode="COMPLIANCE", days=1))
    failed = {check.name: check.otherwise for check in checks if not check.passed}
    assert "must not be trusted" in failed["the lock can't be shortened"]


class Dropping:
    """A client whose connections break after some bytes."""

    def __init__(self, content: bytes, *, after: int) -> None:
        self.content, self.after, self.requests = content, after, 0

    def get_object(self, *, Range: str = "bytes=0-", **_: str) -> dict[str, Any]:  # noqa: N803
        self.requests += 1
        rest = self.content[int(Range.removeprefix("bytes=").removesuffix("-")) :]
        body = StreamingBody(io.BytesIO(rest[: self.after]), len(rest))
        return {"Body": body, "ContentLength": len(rest)}


def test_reading_goes_on_where_a_connection_broke() -> None:
    client: Any = Dropping(CONTENT[:1000], after=300)
    assert io.BufferedReader(ObjectReader(client, {})).read() == CONTENT[:1000]
    assert client.requests == 4


def test_a_connection_that_gives_nothing_is_an_error_not_an_end() -> None:
    client: Any = Dropping(CONTENT[:1000], after=0)
    with pytest.raises(StoreError, match="breaks off"):
        io.BufferedReader(ObjectReader(client, {})).read()


class TestSettings:
    def test_without_a_bucket_objects_are_in_the_data_directory(self, data: Path) -> None:
        assert isinstance(open_store(Settings(backup_data=data)), DirectoryStore)

    def test_with_a_bucket_they_are_there(self, client: "S3Client", data: Path) -> None:
        settings = Settings(
            backup_data=data,
            s3_bucket=BUCKET,
            s3_region="us-east-1",
            s3_access_key_id="made",
            s3_secret_access_key="up",
            s3_lock="governance",
        )
        store = open_store(settings)
        ref = store.put(io.BytesIO(b"x"))
        head = client.head_object(Bucket=BUCKET, Key=PREFIX + digest_of(ref))
        assert head["ObjectLockMode"] == "GOVERNANCE"

    def test_secrets_never_print_and_go_together(self, data: Path) -> None:
        settings = Settings(backup_data=data, s3_access_key_id="AKIA", s3_secret_access_key="shh")
        assert "AKIA" not in repr(settings)
        assert "shh" not in repr(settings)
        with pytest.raises(ValueError, match="go together"):
            Settings(backup_data=data, s3_access_key_id="AKIA")

    def test_a_wrong_address_names_the_variables(self, data: Path) -> None:
        settings = Settings(backup_data=data, s3_bucket=BUCKET, s3_region="no region at all")
        with pytest.raises(ConfigurationError, match="S3_REGION"):
            open_store(settings)
