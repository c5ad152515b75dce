"""Files for whoever has only a classic key: pyrage opens them; hybrid and classic never mix."""

import pyrage  # type: ignore[import-untyped]
import pytest

from vault.age import Identity, seal
from vault.age.classic import ClassicRecipient, parse_recipient
from vault.errors import SealError


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 3_000_000])
def test_pyrage_opens_what_we_seal_to_a_classic_key(size: int) -> None:
    identity = pyrage.x25519.Identity.generate()
    recipient = parse_recipient(str(identity.to_public()))
    assert isinstance(recipient, ClassicRecipient)
    plaintext = bytes(size)
    assert pyrage.decrypt(seal(plaintext, [recipient]), [identity]) == plaintext


def test_a_recipient_is_written_as_it_was_read() -> None:
    text = str(pyrage.x25519.Identity.generate().to_public())
    assert str(parse_recipient(text)) == text
    hybrid = Identity.generate().recipient
    assert parse_recipient(str(hybrid)) == hybrid


def test_hybrid_and_classic_recipients_do_not_mix() -> None:
    classic = parse_recipient(str(pyrage.x25519.Identity.generate().to_public()))
    with pytest.raises(SealError):
        seal(b"", [Identity.generate().recipient, classic])


@pytest.mark.parametrize("text", ["", "age1", "age1qqq", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA"])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        parse_recipient(text)


def test_a_key_with_which_nothing_can_be_agreed_on_is_refused() -> None:
    with pytest.raises(SealError):
        seal(b"", [ClassicRecipient(bytes(32))])
