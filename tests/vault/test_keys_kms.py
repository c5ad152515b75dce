"""AWS KMS as the guard of the server's keys, on moto."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from core.errors import ConfigurationError
from core.settings import Settings
from vault.errors import SealError
from vault.keys import LocalKeyProvider, open_keys
from vault.keys.chosen import key_file
from vault.keys.file import Clear, KeyFile
from vault.keys.kms import Kms
from vault.keys.provider import KeyRing

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

KEY = bytes(range(32))


@pytest.fixture
def client() -> Iterator["KMSClient"]:
    with mock_aws():
        yield boto3.client("kms", region_name="eu-central-1")


@pytest.fixture
def key_id(client: "KMSClient") -> str:
    return client.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def settings(data: Path, key_id: str) -> Settings:
    return Settings(backup_data=data, kms_key_id=key_id)


def test_what_lies_on_the_disk_opens_nothing_without_kms(settings: Settings) -> None:
    wrapped = open_keys(settings).wrap(KEY, context="a")
    assert open_keys(settings).unwrap(wrapped, context="a") == KEY
    text = key_file(settings).path.read_text()
    keys = key_file(settings).read()
    for secret in (keys.current, keys.fingerprints):
        assert secret.hex() not in text
        assert secret not in text.encode()
    with pytest.raises(ConfigurationError, match="KMS_KEY_ID"):
        LocalKeyProvider.open(key_file(settings).path)


def test_every_process_has_the_same_keys(settings: Settings) -> None:
    one, two = open_keys(settings), open_keys(settings)
    assert one.fingerprint("+224", purpose="p") == two.fingerprint("+224", purpose="p")
    with pytest.raises(SealError):
        two.unwrap(one.wrap(KEY, context="a"), context="b")


def test_a_sealed_key_opens_in_its_own_part_only(client: "KMSClient", key_id: str) -> None:
    kms = Kms(client, key_id)
    closed = kms.close(KEY, "current")
    assert kms.open(closed, "current") == KEY
    with pytest.raises(ConfigurationError, match="KMS"):
        kms.open(closed, "fingerprints")


def test_another_kms_key_opens_nothing(settings: Settings, client: "KMSClient", data: Path) -> None:
    open_keys(settings)
    other = client.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ConfigurationError, match="KMS_KEY_ID"):
        open_keys(Settings(backup_data=data, kms_key_id=other))


def test_a_kms_key_that_is_not_there_stops_the_start_with_the_variable_s_name(
    client: "KMSClient", data: Path
) -> None:
    missing = f"arn:aws:kms:{client.meta.region_name}:123456789012:key/{uuid4()}"
    with pytest.raises(ConfigurationError, match="KMS_KEY_ID should be"):
        open_keys(Settings(backup_data=data, kms_key_id=missing))
    assert not list(data.rglob("*.key"))


def test_a_key_file_in_clear_is_not_taken_for_one_under_kms(settings: Settings) -> None:
    LocalKeyProvider.open(key_file(settings).path)
    with pytest.raises(ConfigurationError, match="rotate-key"):
        open_keys(settings)


def test_a_key_file_in_clear_moves_under_kms_and_all_opens_as_before(settings: Settings) -> None:
    clear = KeyFile(key_file(settings).path, Clear())
    before = KeyRing(clear.read_or_make())
    wrapped = before.wrap(KEY, context="a")
    key_file(settings).replace(clear.read().renewed())
    after = open_keys(settings)
    assert after.unwrap(wrapped, context="a") == KEY
    assert after.fingerprint("x", purpose="y") == before.fingerprint("x", purpose="y")


def test_it_never_prints(client: "KMSClient", settings: Settings, key_id: str) -> None:
    assert f"{open_keys(settings)!r} {Kms(client, key_id)!r}" == "<KeyRing> <Kms>"
    assert "fingerprints=" not in repr(key_file(settings).read())
