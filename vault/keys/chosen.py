"""The key provider that a deployment's settings choose."""

from pathlib import Path
from typing import Self

from core.settings import Settings
from vault.keys.file import Clear, Guard, KeyFile
from vault.keys.provider import KeyProvider, KeyRing


class LocalKeyProvider(KeyRing):
    """A key provider whose keys lie in a file that only the program may read."""

    __slots__ = ()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the key file, or make it: atomically, once, mode 0600.

        Raises:
            ConfigurationError: when others may read it, or it holds no such keys.
        """
        return cls(KeyFile(path, Clear()).read_or_make())


def open_keys(settings: Settings) -> KeyProvider:
    """The server's keys, made at the first start.

    Raises:
        ConfigurationError: the key file is damaged, or KMS does not open it.
    """
    return KeyRing(key_file(settings).read_or_make())


def key_file(settings: Settings) -> KeyFile:
    """Where the server's keys lie, and under which guard they should."""
    return KeyFile(settings.backup_data / "keys" / "server.key", guard(settings))


def guard(settings: Settings) -> Guard:
    """AWS KMS if a key of it is set."""
    if settings.kms_key_id is None:
        return Clear()
    from vault.keys.kms import open_kms  # noqa: PLC0415 - boto3 takes a while to load

    return open_kms(settings.kms_key_id)
