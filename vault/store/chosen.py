"""The object store that a deployment's settings choose."""

from typing import TYPE_CHECKING, Any

from core.errors import ConfigurationError
from core.settings import Settings
from vault.store.directory import DirectoryStore
from vault.store.objects import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from vault.store.s3 import Lock


def open_store(settings: Settings) -> ObjectStore:
    """A bucket if one is set, else the directory `objects` below the data directory."""
    if settings.s3_bucket is None:
        return DirectoryStore(settings.backup_data / "objects")
    from vault.store.s3 import S3Store  # noqa: PLC0415 - boto3 takes a while to load

    return S3Store(
        open_client(settings),
        settings.s3_bucket,
        spool=settings.backup_data / "spool",
        lock=lock_of(settings),
    )


def open_client(settings: Settings) -> "S3Client":
    """A client for the bucket; without keys in the settings, by boto3's own chain of credentials.

    Raises:
        ConfigurationError: no region is known.
    """
    import boto3  # noqa: PLC0415 - takes a while to load
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    own = settings.s3_endpoint is not None
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        # Other servers than Amazon's rarely have a name for each bucket.
        s3={"addressing_style": "path" if own else "auto"},
        retries={"mode": "standard", "total_max_attempts": 5},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    secrets: dict[str, Any] = {}
    if settings.s3_access_key_id and settings.s3_secret_access_key:
        secrets = {
            "aws_access_key_id": settings.s3_access_key_id.get_secret_value(),
            "aws_secret_access_key": settings.s3_secret_access_key.get_secret_value(),
        }
    try:
        return boto3.client(
            "s3",
            endpoint_url=str(settings.s3_endpoint).rstrip("/") if own else None,
            region_name=settings.s3_region or ("us-east-1" if own else None),
            config=config,
            **secrets,
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(
            "S3_REGION and S3_ENDPOINT should say where S3_BUCKET is"
        ) from error


def lock_of(settings: Settings) -> "Lock | None":
    """How the settings lock each object."""
    from vault.store.s3 import Lock  # noqa: PLC0415 - boto3 takes a while to load

    if settings.s3_lock == "none":
        return None
    return Lock(
        mode="GOVERNANCE" if settings.s3_lock == "governance" else "COMPLIANCE",
        days=settings.s3_lock_days,
    )
