"""AWS KMS as the guard of the server's keys: who has the disk, but not KMS, has nothing.

KMS opens the keys once, when a process starts; they are then in its memory, as every key is that
is at work. Asking KMS for each conversation instead would write down, at Amazon, when each person
writes.
"""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

PURPOSE = "backup server key"


class Kms:
    """Keys sealed by a symmetric KMS key, bound to their part of the file."""

    name = "kms"

    def __init__(self, client: "KMSClient", key_id: str) -> None:
        """Use the KMS key of that id, alias or ARN."""
        self._client, self._key_id = client, key_id

    def __repr__(self) -> str:
        return "<Kms>"

    def close(self, key: bytes, part: str) -> bytes:
        """A key as KMS seals it; raises ConfigurationError when it won't."""
        try:
            sealed = self._client.encrypt(
                KeyId=self._key_id, Plaintext=key, EncryptionContext=_context(part)
            )
        except (ClientError, BotoCoreError) as error:
            raise _refused(error) from error
        return sealed["CiphertextBlob"]

    def open(self, closed: bytes, part: str) -> bytes:
        """The key that KMS sealed for that part; raises ConfigurationError when it won't."""
        try:
            opened = self._client.decrypt(
                KeyId=self._key_id, CiphertextBlob=closed, EncryptionContext=_context(part)
            )
        except (ClientError, BotoCoreError) as error:
            raise _refused(error) from error
        return opened["Plaintext"]


def open_kms(key_id: str) -> Kms:
    """KMS by boto3's own chain of credentials; an ARN says the region itself."""
    region = key_id.split(":")[3] if key_id.startswith("arn:") else None
    config = Config(
        connect_timeout=5,
        read_timeout=10,
        region_name=region,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    try:
        return Kms(boto3.client("kms", config=config), key_id)
    except BotoCoreError as error:
        raise _refused(error) from error


def _context(part: str) -> dict[str, str]:
    # "current" becomes "previous" in a renewal; its ciphertext is made anew then, so it may differ.
    return {"purpose": PURPOSE, "part": part}


def _refused(error: ClientError | BotoCoreError) -> ConfigurationError:
    code = (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
    return ConfigurationError(f"KMS_KEY_ID should be a key that KMS lets this server use ({code})")
