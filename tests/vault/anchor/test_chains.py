"""What an operator writes about chains and keys, and what is said when it is wrong."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import ConfigurationError
from core.settings import Settings
from vault.anchor.chains import Chain, load_chains
from vault.anchor.sender import Sender

GOOD = """
chains:
  - name: sepolia
    id: 11155111
    rpc: ["https://one.example/word-1", "https://two.example/word-2"]
    key_file: sender.key
    contract: "0x00112233445566778899aabbccddeeff00112233"
    cap_gwei: 1.5
  - {name: gnosis, id: 100, rpc: ["https://three.example"], every_minutes: 60}
"""


def load(tmp_path: Path, text: str) -> tuple[Chain, ...]:
    file = tmp_path / "chains.yml"
    file.write_text(text)
    return load_chains(Settings(anchor_chains=file))


def test_chains_are_read_with_key_files_beside_them(tmp_path: Path) -> None:
    sepolia, gnosis = load(tmp_path, GOOD)

    assert (sepolia.id, sepolia.cap, sepolia.cadence.total_seconds()) == (
        11155111,
        15 * 10**8,
        21600,
    )
    assert sepolia.key_file == tmp_path / "sender.key"
    assert (gnosis.cadence.total_seconds(), gnosis.development) == (3600, False)


def test_no_file_means_no_chains() -> None:
    assert load_chains(Settings(anchor_chains=None)) == ()


def test_tokens_in_addresses_never_print(tmp_path: Path) -> None:
    assert "word" not in repr(load(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: 100", "id: none", "chains.1.id should be the chain's number"),
        ("name: gnosis", "name: sepolia", "names and ids of chains should differ"),
        ("id: 100", "id: 11155111", "names and ids of chains should differ"),
        ("0x0011", "0x", "chains.0.contract should be 0x and 40 hexadecimal digits"),
        ("every_minutes: 60", "every_minutes: 0", "every_minutes should be minutes, 1 to 10080"),
        ("cap_gwei", "cap_gwie", "cap_gwie Extra inputs are not permitted"),
        ("chains:", "- chains:", "should be a valid dictionary"),
        ("chains:", "chains: [", "is none"),
        ('["https://three.example"]', "[]", "chains.1.rpc should be addresses of its nodes"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))

    assert said in str(caught.value)
    assert "word" not in str(caught.value)


def chain(key_file: Path | None) -> Chain:
    return Chain(name="test", id=1, rpc=(SecretStr("http://127.0.0.1:1"),), key_file=key_file)


def test_a_missing_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "sender.key"

    first, second = (Sender.of(chain(file), Settings()) for _ in range(2))

    assert first.address == second.address
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["sender.key"]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sender.key"
    Sender.of(chain(file), Settings())
    file.chmod(0o640)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        Sender.of(chain(file), Settings())


@pytest.mark.parametrize("text", ["", "secret", "0x" + "00" * 32, "ab" * 31, "ff" * 32])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Sender.of(chain(None), Settings(anchor_key=SecretStr(text)))

    assert str(caught.value) == "ANCHOR_KEY should hold 64 hexadecimal digits, a key"


def test_no_key_at_all_is_said() -> None:
    with pytest.raises(ConfigurationError, match="needs key_file, or ANCHOR_KEY"):
        Sender.of(chain(None), Settings())


def test_a_sender_prints_its_address_alone() -> None:
    sender = Sender.of(chain(None), Settings(anchor_key=SecretStr("46" * 32)))

    # The example of EIP-155 has this key.
    assert repr(sender) == "<Sender 0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f>"
