"""Does a bucket keep what it promises? Asked of the deployment's own, before it is trusted.

Some servers accept a lock, a checksum or a condition and do not enforce it. Everything here is
tried on objects of its own below `conformance/`, which are removed again as soon as their lock
allows; a run also removes what earlier ones had to leave.
"""

import hashlib
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from vault.store.s3 import PART, Lock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "conformance/"
LOCKED_FOR = timedelta(seconds=90)
CLIENT_ERRORS = range(400, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that must hold, whether it does, and what it means if it doesn't."""

    name: str
    otherwise: str
    passed: bool


def check_bucket(client: "S3Client", bucket: str, lock: Lock | None) -> Iterator[Check]:
    """Try everything that the store relies on, with the lock that the deployment wants.

    A refusal for want of a right looks like one by a lock: only a run with all rights on the
    bucket says what somebody with all rights can't do.
    """
    trial = _Trial(client, bucket, lock)
    try:
        for name, otherwise, holds in trial.checks():
            yield (check := Check(name=name, otherwise=otherwise, passed=_tried(holds)))
            if not check.passed and not trial.begun:
                return  # what follows is asked of the first object
    finally:
        with suppress(BotoCoreError, ClientError):
            trial.clean()


class _Trial:
    def __init__(self, client: "S3Client", bucket: str, lock: Lock | None) -> None:
        self._client, self._bucket, self._lock = client, bucket, lock
        self._key = f"{PREFIX}{uuid4().hex}"
        self._until = datetime.now(UTC) + LOCKED_FOR
        self._content = os.urandom(1000)
        self._version = ""

    @property
    def begun(self) -> bool:
        """Whether there is a version to ask all else of."""
        return bool(self._version)

    def checks(self) -> Iterator[tuple[str, str, Callable[[], bool]]]:
        yield (
            "an object is kept as a version and comes back by it",
            "turn the bucket's versioning on, or check the credentials' rights",
            self._comes_back,
        )
        yield (
            "a part of an object is read",
            "files can't be shown without fetching them whole",
            self._part_is_read,
        )
        yield (
            "a wrong checksum is refused",
            "damage on the way would be kept unnoticed until the file is opened",
            self._damage_is_refused,
        )
        yield (
            "a wrong checksum of a part of a large object is refused",
            "damage on the way would be kept unnoticed until the file is opened",
            self._damaged_part_is_refused,
        )
        yield (
            "a large object is kept whole, and only if nothing has its name",
            "a repeated upload could stand beside the first",
            self._large_comes_back,
        )
        yield (
            "a write under a name that is taken is refused when it asks to be",
            "a repeated upload could stand beside the first",
            self._taken_is_refused,
        )
        yield (
            "what is written over a name leaves the version as it was",
            "whoever can write to the bucket can change evidence",
            self._overwriting_keeps,
        )
        yield (
            "a delete marker destroys nothing",
            "whoever can delete by name can destroy evidence",
            self._marker_keeps,
        )
        if self._lock:
            yield from self._lock_checks()

    def _lock_checks(self) -> Iterator[tuple[str, str, Callable[[], bool]]]:
        yield (
            "an object and a large object bear the lock",
            "the bucket ignores the lock: make it anew with object lock enabled",
            self._bear_the_lock,
        )
        yield (
            "a locked version can't be deleted",
            "the lock is accepted and not enforced: this server must not be trusted with it",
            self._stays,
        )
        yield (
            "the lock can't be shortened",
            "the lock is accepted and not enforced: this server must not be trusted with it",
            self._not_shortened,
        )
        yield (
            "versioning can't be suspended",
            "whoever administers the bucket can make deletions final",
            self._not_suspended,
        )
        if self._lock and self._lock.mode == "COMPLIANCE":
            yield (
                "nobody bypasses the lock, nor makes it a weaker one",
                "COMPLIANCE is accepted and not enforced: this server must not be trusted with it",
                self._not_bypassed,
            )

    def clean(self) -> None:
        """Remove every object of this and earlier runs whose lock allows it."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=PREFIX):
            for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                with suppress(ClientError):
                    self._client.delete_object(
                        Bucket=self._bucket,
                        Key=one["Key"],
                        VersionId=one["VersionId"],
                        BypassGovernanceRetention=True,
                    )

    def _comes_back(self) -> bool:
        kept = self._client.put_object(
            **self._at(), **_checked(self._content), IfNoneMatch="*", **self._locking()
        )
        self._version = kept.get("VersionId", "")
        return bool(self._version) and self._unchanged()

    def _part_is_read(self) -> bool:
        part = self._client.get_object(**self._at(), VersionId=self._version, Range="bytes=10-19")
        return part["Body"].read() == self._content[10:20]

    def _damage_is_refused(self) -> bool:
        wrong = _checked(self._content) | {"Body": b"damaged"}
        return _refused(self._client.put_object, **self._at("-damaged"), **wrong)

    def _damaged_part_is_refused(self) -> bool:
        upload = self._upload("-damaged")
        wrong = _checked(self._content) | {"Body": b"damaged"}
        try:
            return _refused(self._client.upload_part, **upload, PartNumber=1, **wrong)
        finally:
            self._client.abort_multipart_upload(**upload)

    def _large_comes_back(self) -> bool:
        content = os.urandom(PART) + b"the rest"
        first = self._finish(self._upload("-large"), content)
        head = self._client.head_object(**self._at("-large"), VersionId=first)
        again = self._upload("-large")
        try:
            refused = _refused(lambda: self._finish(again, content))
        finally:
            with suppress(ClientError):
                self._client.abort_multipart_upload(**again)
        return bool(first) and head["ContentLength"] == len(content) and refused

    def _taken_is_refused(self) -> bool:
        again = _checked(self._content)
        return _refused(self._client.put_object, **self._at(), **again, IfNoneMatch="*")

    def _overwriting_keeps(self) -> bool:
        other = self._client.put_object(**self._at(), Body=b"forged").get("VersionId", "")
        return other != self._version and self._unchanged()

    def _marker_keeps(self) -> bool:
        self._client.delete_object(**self._at())
        return self._unchanged()

    def _bear_the_lock(self) -> bool:
        places = ({**self._at(), "VersionId": self._version}, self._at("-large"))
        modes = [self._client.head_object(**one).get("ObjectLockMode") for one in places]
        return self._lock is not None and modes == [self._lock.mode] * 2

    def _stays(self) -> bool:
        version = {**self._at(), "VersionId": self._version}
        return _refused(self._client.delete_object, **version) and self._unchanged()

    def _not_shortened(self) -> bool:
        sooner = self._until - LOCKED_FOR / 2
        return self._retention_refused(self._lock.mode if self._lock else "", sooner)

    def _not_suspended(self) -> bool:
        suspended = {"Status": "Suspended"}
        refused = _refused(
            self._client.put_bucket_versioning,
            Bucket=self._bucket,
            VersioningConfiguration=suspended,
        )
        if not refused:
            self._client.put_bucket_versioning(
                Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        return refused

    def _not_bypassed(self) -> bool:
        version = {**self._at(), "VersionId": self._version}
        deleted = _refused(self._client.delete_object, **version, BypassGovernanceRetention=True)
        return deleted and self._retention_refused("GOVERNANCE", self._until) and self._unchanged()

    def _retention_refused(self, mode: str, until: datetime) -> bool:
        return _refused(
            self._client.put_object_retention,
            **self._at(),
            VersionId=self._version,
            Retention={"Mode": mode, "RetainUntilDate": until},
        )

    def _unchanged(self) -> bool:
        kept = self._client.get_object(**self._at(), VersionId=self._version)
        return kept["Body"].read() == self._content

    def _upload(self, suffix: str) -> dict[str, Any]:
        place = self._at(suffix)
        upload = self._client.create_multipart_upload(
            **place, ChecksumAlgorithm="SHA256", **self._locking()
        )
        return {**place, "UploadId": upload["UploadId"]}

    def _finish(self, upload: dict[str, Any], content: bytes) -> str:
        parts = []
        for number, body in enumerate((content[:PART], content[PART:]), 1):
            part = self._client.upload_part(**upload, PartNumber=number, **_checked(body))
            checksum = {"ChecksumSHA256": part["ChecksumSHA256"]}
            parts.append({"PartNumber": number, "ETag": part["ETag"], **checksum})
        kept = self._client.complete_multipart_upload(
            **upload,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
            IfNoneMatch="*",
        )
        return kept.get("VersionId", "")

    def _at(self, suffix: str = "") -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": self._key + suffix}

    def _locking(self) -> dict[str, Any]:
        if self._lock is None:
            return {}
        return {"ObjectLockMode": self._lock.mode, "ObjectLockRetainUntilDate": self._until}


def _checked(content: bytes) -> dict[str, Any]:
    checksum = b64encode(hashlib.sha256(content).digest()).decode()
    return {"Body": content, "ChecksumAlgorithm": "SHA256", "ChecksumSHA256": checksum}


def _refused(call: Callable[..., object], **arguments: Any) -> bool:
    """Whether S3 says no; that it can't be reached, or fails, is no answer."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in CLIENT_ERRORS:
            return True
        raise
    return False


def _tried(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except (BotoCoreError, ClientError):
        return False
