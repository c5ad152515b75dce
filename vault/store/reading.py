"""Reading an object of a bucket as a file: one request for a run of bytes, in constant memory."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from core.errors import GoneError
from vault.errors import StoreError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

GONE = frozenset({"404", "405", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion"})
"""A delete marker answers with 405."""
ATTEMPTS = 4


class ObjectReader(io.RawIOBase):
    """The bytes of one version; a connection that breaks is taken up again where it broke."""

    def __init__(self, client: "S3Client", place: Mapping[str, str]) -> None:
        """Ask for the object from its beginning; raises GoneError when it isn't there."""
        self._client, self._place = client, place
        self._at = 0
        self._body: StreamingBody | None
        self._body, self._size = self._request()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer's beginning; 0 at the end."""
        for _ in range(ATTEMPTS):
            if self._at >= self._size:
                return 0
            try:
                if self._body is None:
                    self._body, _ = self._request()
                size = self._body.readinto(buffer)
            except (BotoCoreError, OSError):
                self._hang_up()
                continue
            if size:
                self._at += size
                return size
            self._hang_up()
        raise StoreError("the object store breaks off while an object is read")

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go elsewhere; the next read asks for the bytes from there on."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset != self._at:
            self._hang_up()
            self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def close(self) -> None:
        """Hang up."""
        self._hang_up()
        super().close()

    def _request(self) -> tuple["StreamingBody", int]:
        """The object from where we are, and how many bytes there are from there."""
        span = {"Range": f"bytes={self._at}-"} if self._at else {}
        try:
            answer = self._client.get_object(**self._place, **span)  # type: ignore[arg-type]
        except ClientError as error:
            if is_gone(error):
                raise GoneError("there is no such object") from None
            raise
        return answer["Body"], answer["ContentLength"]

    def _hang_up(self) -> None:
        body, self._body = getattr(self, "_body", None), None
        if body is not None:
            body.close()


def is_gone(error: ClientError) -> bool:
    """Whether S3 says that there is no such object."""
    return error.response["Error"].get("Code") in GONE
