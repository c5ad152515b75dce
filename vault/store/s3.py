"""Objects in an S3 bucket: each version is written once, named by what it holds, and locked.

The name is the hash of the whole, known only at the end. So the ciphertext goes to a nameless
local file first, then up under its own name: S3 can't rename, and a locked draft can't be removed.
Objects are read by version: whoever writes or deletes under a name can't change what is read.
"""

import hashlib
import logging
import re
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal

from botocore.exceptions import BotoCoreError, ClientError

from core.errors import GoneError
from vault.errors import StoreError
from vault.store.objects import BLOCK, DIGEST, Kept, ObjectRef
from vault.store.reading import ObjectReader, is_gone

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

PREFIX = "objects/"
PART = 8 << 20
"""Bytes of a part of a large object; one is in memory at a time."""
READ_AHEAD = 1 << 17
ABANDONED = timedelta(days=1)
"""Age at which an unfinished upload was left behind by a crash."""
TAKEN = frozenset({"NoSuchUpload", "PreconditionFailed"})
"""Answers to the end of an upload when the object is there already, perhaps by our own retry."""
LOCKED = frozenset({"AccessDenied", "InvalidRequest", "ObjectLocked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """How long each object is kept from everybody (COMPLIANCE), or from all but a few."""

    mode: Literal["GOVERNANCE", "COMPLIANCE"]
    days: int


class S3Store:
    """Objects in a bucket; credentials and addresses are the client's."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        *,
        spool: Path,
        lock: Lock | None = None,
        abandoned: timedelta = ABANDONED,
    ) -> None:
        """Use `bucket`, with ciphertext on its way in `spool`, and sweep what a crash left."""
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._client, self._bucket, self._spool, self._lock = client, bucket, spool, lock
        try:
            self._abort_uploads(before=datetime.now(UTC) - abandoned)
        except (BotoCoreError, ClientError) as error:
            log.warning("abandoned uploads are not swept: %s", code_of(error))

    def put(self, stream: BinaryIO) -> ObjectRef:
        """Keep what the stream holds; when this returns, the bucket has it.

        Raises:
            StoreError: when disk or bucket refuse; then nothing was kept.
        """
        with store_errors(), tempfile.TemporaryFile(dir=self._spool) as draft:
            digest = hashlib.sha256()
            while block := stream.read(BLOCK):
                digest.update(block)
                draft.write(block)
            size = draft.tell()
            draft.seek(0)
            name = digest.hexdigest()
            upload = self._in_one if size <= PART else self._in_parts
            try:
                version = upload(PREFIX + name, draft)
            except ClientError as error:
                if code_of(error) not in TAKEN:
                    raise
                version = self._present(PREFIX + name, size)
            return _ref(name, version)

    def open(self, ref: ObjectRef) -> BinaryIO:
        """The object's bytes, seekable, in constant memory; raises GoneError if it isn't there."""
        with store_errors():
            return BufferedReader(ObjectReader(self._client, self._place(ref)), READ_AHEAD)

    def erase(self, ref: ObjectRef) -> bool:
        """Remove the object for good, or say False when a lock or missing right keeps it."""
        place = self._place(ref)
        with store_errors():
            if "VersionId" in place:
                return self._erase_version(place)
            named = [kept.ref for kept in self._versions(place["Key"])]
            erased = [self._erase_version(self._place(one)) for one in named]
            return all(erased)

    def objects(self) -> Iterator[Kept]:
        """Every version of every object."""
        with store_errors():
            yield from self._versions(PREFIX)

    def _in_one(self, key: str, draft: IO[bytes]) -> str | None:
        content = draft.read()
        kept = self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=_checksum(content),
            IfNoneMatch="*",
            **self._locked(),
        )
        return kept.get("VersionId")

    def _in_parts(self, key: str, draft: IO[bytes]) -> str | None:
        """Upload part by part; on any error the parts are thrown away."""
        upload = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=key, ChecksumAlgorithm="SHA256", **self._locked()
        )
        whole: dict[str, Any] = {"Bucket": self._bucket, "Key": key, "UploadId": upload["UploadId"]}
        try:
            pieces = enumerate(iter(partial(draft.read, PART), b""), 1)
            parts = [self._part(whole, number, body) for number, body in pieces]
            kept = self._client.complete_multipart_upload(
                **whole, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        except BaseException:
            with suppress(BotoCoreError, ClientError):
                self._client.abort_multipart_upload(**whole)
            raise
        return kept.get("VersionId")

    def _part(self, whole: dict[str, Any], number: int, body: bytes) -> Any:
        checksum = _checksum(body)
        # Some servers check nothing unless the algorithm is named as well.
        part = self._client.upload_part(
            **whole,
            PartNumber=number,
            Body=body,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=checksum,
        )
        return {"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": checksum}

    def _present(self, key: str, size: int) -> str | None:
        """The version of an object that is there already."""
        head = self._client.head_object(Bucket=self._bucket, Key=key)
        if head["ContentLength"] != size:
            raise StoreError("something else stands under an object's name")
        return head.get("VersionId")

    def _erase_version(self, place: dict[str, Any]) -> bool:
        """Delete one version; a GOVERNANCE lock is bypassed where this server may."""
        for bypass in (True, False):
            try:
                self._client.delete_object(**place, BypassGovernanceRetention=bypass)
            except ClientError as error:
                if is_gone(error):
                    return True
                if code_of(error) not in LOCKED:
                    raise
            else:
                return True
        log.warning("an erased object's bytes stay until its lock ends")
        return False

    def _versions(self, prefix: str) -> Iterator[Kept]:
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for one in page.get("Versions", []):
                ref = _ref(one["Key"].removeprefix(PREFIX), one.get("VersionId"))
                yield Kept(ref=ref, at=one["LastModified"], size=one["Size"])

    def _abort_uploads(self, before: datetime) -> None:
        uploads = self._client.get_paginator("list_multipart_uploads")
        for page in uploads.paginate(Bucket=self._bucket, Prefix=PREFIX):
            for one in page.get("Uploads", []):
                if one["Initiated"] < before:
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=one["Key"], UploadId=one["UploadId"]
                    )

    def _locked(self) -> dict[str, Any]:
        if self._lock is None:
            return {}
        until = datetime.now(UTC) + timedelta(days=self._lock.days)
        return {"ObjectLockMode": self._lock.mode, "ObjectLockRetainUntilDate": until}

    def _place(self, ref: ObjectRef) -> dict[str, Any]:
        name, _, version = ref.partition("@")
        if not re.fullmatch(DIGEST, name):
            raise GoneError("there is no such object")
        place: dict[str, Any] = {"Bucket": self._bucket, "Key": PREFIX + name}
        return place | {"VersionId": version} if version else place


@contextmanager
def store_errors() -> Iterator[None]:
    """Let only our own errors out; what S3 answered stands in them by its code alone."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:  # some of them are OSErrors as well
        raise StoreError(f"the object store refuses: {code_of(error)}") from error
    except OSError as error:
        raise StoreError(f"the store's disk refuses: {error.strerror}") from error


def code_of(error: BotoCoreError | ClientError) -> str:
    """What went wrong, in one word that holds no address, name or key."""
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Code", "unknown"))
    return type(error).__name__


def _checksum(content: bytes) -> str:
    return b64encode(hashlib.sha256(content).digest()).decode()


def _ref(name: str, version: str | None) -> ObjectRef:
    """Buckets without versions say none, or `null`."""
    return ObjectRef(name if version in (None, "null") else f"{name}@{version}")
