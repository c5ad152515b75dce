"""The server's key, read as a specification."""

import os
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from vault import aead
from vault.envelope import DataKey
from vault.errors import SealError
from vault.keys import LocalKeyProvider
from vault.keys.file import Clear, KeyFile
from vault.keys.provider import KeyRing, mac

KEY = bytes(range(32))


class TestTheKeyFile:
    def test_it_is_made_once_and_only_its_owner_may_read_it(self, data: Path) -> None:
        first = LocalKeyProvider.open(data / "key")
        assert (data / "key").stat().st_mode & 0o777 == 0o600
        assert [file.name for file in data.iterdir()] == ["key"]
        second = LocalKeyProvider.open(data / "key")
        assert second.unwrap(first.wrap(KEY, context="a"), context="a") == KEY

    def test_processes_that_start_together_agree_on_one_key(self, data: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            providers = list(pool.map(LocalKeyProvider.open, [data / "key"] * 16))
        assert len({p.fingerprint("x", purpose="y") for p in providers}) == 1
        assert [file.name for file in data.iterdir()] == ["key"]

    def test_a_file_that_others_may_read_is_refused(self, data: Path) -> None:
        LocalKeyProvider.open(data / "key")
        (data / "key").chmod(0o640)
        with pytest.raises(ConfigurationError, match="chmod 600"):
            LocalKeyProvider.open(data / "key")

    @pytest.mark.parametrize("text", ["", "nonsense", "backup-server-key-1 AAAA\n", "é"])
    def test_a_damaged_file_is_refused_and_left_alone(self, data: Path, text: str) -> None:
        data.mkdir()
        (data / "key").write_text(text)
        (data / "key").chmod(0o600)
        with pytest.raises(ConfigurationError, match="no server key"):
            LocalKeyProvider.open(data / "key")
        assert (data / "key").read_text() == text

    def test_it_never_prints(self, keys: LocalKeyProvider) -> None:
        assert f"{keys} {keys!r}" == "<LocalKeyProvider> <LocalKeyProvider>"


class TestWrapping:
    def test_a_wrapped_key_opens_in_its_own_context_only(self, keys: LocalKeyProvider) -> None:
        wrapped = keys.wrap(KEY, context="dispatch:1")
        assert keys.unwrap(wrapped, context="dispatch:1") == KEY
        for other in ("dispatch:2", "draft:1", ""):
            with pytest.raises(SealError):
                keys.unwrap(wrapped, context=other)

    def test_another_server_opens_nothing(self, keys: LocalKeyProvider, tmp_path: Path) -> None:
        other = LocalKeyProvider.open(tmp_path / "other.key")
        with pytest.raises(SealError):
            other.unwrap(keys.wrap(KEY, context="a"), context="a")

    def test_wrapping_twice_gives_two_different_ciphertexts(self, keys: LocalKeyProvider) -> None:
        assert keys.wrap(KEY, context="a") != keys.wrap(KEY, context="a")

    def test_every_single_bit_counts(self, keys: LocalKeyProvider) -> None:
        wrapped = keys.wrap(KEY, context="a")
        for place in range(len(wrapped) * 8):
            changed = bytearray(wrapped)
            changed[place // 8] ^= 1 << place % 8
            with pytest.raises(SealError):
                keys.unwrap(bytes(changed), context="a")

    def test_anything_shorter_or_longer_is_refused(self, keys: LocalKeyProvider) -> None:
        wrapped = keys.wrap(KEY, context="a")
        for changed in [wrapped[:n] for n in range(len(wrapped))] + [wrapped + b"\0"]:
            with pytest.raises(SealError):
                keys.unwrap(changed, context="a")


class TestFingerprints:
    def test_one_value_has_one_fingerprint_for_a_purpose(self, keys: LocalKeyProvider) -> None:
        assert keys.fingerprint("+224", purpose="address") == keys.fingerprint(
            "+224", purpose="address"
        )
        assert len(keys.fingerprint("+224", purpose="address")) == 32

    def test_it_differs_by_value_purpose_and_server(
        self, keys: LocalKeyProvider, tmp_path: Path
    ) -> None:
        other = LocalKeyProvider.open(tmp_path / "other.key")
        prints = {
            keys.fingerprint("ab", purpose="c"),
            keys.fingerprint("a", purpose="c"),
            keys.fingerprint("ab", purpose="d"),
            keys.fingerprint("b", purpose="ca"),
            other.fingerprint("ab", purpose="c"),
        }
        assert len(prints) == 5


class TestDrafts:
    def test_a_draft_opens_in_its_own_row_only(self) -> None:
        key = DataKey.generate()
        sealed = key.seal(b"a few words", context="inbox:1")
        assert key.unseal(sealed, context="inbox:1") == b"a few words"
        for other in ("inbox:2", "state:1"):
            with pytest.raises(SealError):
                key.unseal(sealed, context=other)

    def test_the_provider_gives_the_key_back_for_its_context(self, keys: LocalKeyProvider) -> None:
        key = DataKey.generate()
        sealed = key.seal(b"x", context="r")
        wrapped = key.wrapped(keys, "conversation:1")
        again = DataKey.unwrapped(keys, wrapped, "conversation:1")
        assert again.unseal(sealed, context="r") == b"x"
        with pytest.raises(SealError):
            DataKey.unwrapped(keys, wrapped, "conversation:2")

    def test_another_key_opens_nothing(self) -> None:
        with pytest.raises(SealError):
            DataKey.generate().unseal(DataKey.generate().seal(b"x", context="r"), context="r")

    def test_an_unknown_version_is_refused(self) -> None:
        key = DataKey.generate()
        with pytest.raises(SealError, match="unknown form"):
            key.unseal(b"\x02" + key.seal(b"x", context="r")[1:], context="r")

    def test_it_never_prints(self) -> None:
        key = DataKey(os.urandom(32))
        assert f"{key} {key!r}" == "<DataKey> <DataKey>"


class TestRenewal:
    def file(self, data: Path) -> KeyFile:
        return KeyFile(data / "key", Clear())

    def test_both_keys_open_until_it_is_settled(self, data: Path) -> None:
        first = self.file(data).read_or_make()
        old = KeyRing(first).wrap(KEY, context="a")
        self.file(data).replace(first.renewed())
        between = KeyRing(self.file(data).read())
        new = between.wrap(KEY, context="a")
        assert between.unwrap(old, context="a") == between.unwrap(new, context="a") == KEY
        self.file(data).replace(self.file(data).read().settled())
        after = KeyRing(self.file(data).read())
        assert after.unwrap(new, context="a") == KEY
        with pytest.raises(SealError, match="does not have"):
            after.unwrap(old, context="a")

    def test_fingerprints_stay(self, data: Path) -> None:
        first = self.file(data).read_or_make()
        later = first.renewed().settled()
        assert KeyRing(later).fingerprint("x", purpose="y") == KeyRing(first).fingerprint(
            "x", purpose="y"
        )

    def test_a_file_of_the_first_version_serves_and_is_renewed(self, data: Path) -> None:
        data.mkdir()
        path = data / "key"
        path.write_text(f"backup-server-key-1 {b64encode(KEY).decode()}\n")
        path.chmod(0o600)
        first = self.file(data).read()
        # What the first version wrote did not name its key.
        wrapped = aead.seal(mac(KEY, "backup/wrap/1"), b"x", context="a")
        assert KeyRing(first).unwrap(wrapped, context="a") == b"x"
        assert LocalKeyProvider.open(path).fingerprint("v", purpose="p") == mac(
            mac(mac(KEY, "backup/fingerprint/1"), "p"), "v"
        )
        self.file(data).replace(first.renewed())
        assert KeyRing(self.file(data).read()).unwrap(wrapped, context="a") == b"x"

    def test_what_a_crash_left_beside_the_file_goes_with_the_next_renewal(self, data: Path) -> None:
        keys = self.file(data).read_or_make()
        (data / ".key.0123456789abcdef").write_text("half a file")
        self.file(data).replace(keys.renewed())
        assert [path.name for path in data.iterdir()] == ["key"]
        assert (data / "key").stat().st_mode & 0o777 == 0o600
