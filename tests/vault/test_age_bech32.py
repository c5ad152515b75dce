"""Keys as text: what a person copies is either right or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.age import Identity, Recipient, bech32
from vault.errors import SealError

# The identity that C2SP age.md prints, and how its long recipient begins and ends.
IDENTITY = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR"
BEGINNING = "age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5zrqtzdxz95paef6caq"
END = "m9efhxpfqdkmhh6gjtqmwze9pyyzk3tlhl53k2ykx3qheyty7saeq0d3fzv49zc0k"


def test_the_published_identity_has_the_published_recipient() -> None:
    recipient = str(Identity.parse(IDENTITY).recipient)
    assert recipient.startswith(BEGINNING)
    assert recipient.endswith(END)
    assert Recipient.parse(recipient) == Identity.parse(IDENTITY).recipient


def test_an_identity_comes_back_as_it_was_exported() -> None:
    assert Identity.parse(IDENTITY).export() == IDENTITY
    fresh = Identity.generate()
    assert Identity.parse(fresh.export()).recipient == fresh.recipient


@settings(deadline=None)
@given(st.binary(max_size=100), st.text("abcdefghijklmnopqrstuvwxyz-1", min_size=1, max_size=9))
def test_any_bytes_come_back_with_their_prefix(data: bytes, prefix: str) -> None:
    assert bech32.decode(bech32.encode(prefix, data)) == (prefix, data)
    assert bech32.decode(bech32.encode(prefix, data).upper()) == (prefix, data)


@settings(deadline=None)
@given(st.integers(0, len(IDENTITY) - 1), st.sampled_from(bech32.ALPHABET.upper()))
def test_one_wrong_letter_is_a_typing_error(place: int, letter: str) -> None:
    typed = IDENTITY[:place] + letter + IDENTITY[place + 1 :]
    if typed != IDENTITY:
        with pytest.raises(SealError):
            Identity.parse(typed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "age1pq1",
        "no separator",
        IDENTITY.lower(),
        IDENTITY[:-1],
        IDENTITY + "Q",
        IDENTITY[:30].lower() + IDENTITY[30:],
        IDENTITY.replace("K", "\N{KELVIN SIGN}"),
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
        bech32.encode("age-secret-key-pq-", bytes(31)).upper(),
    ],
)
def test_what_is_no_hybrid_identity_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        Identity.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY,
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
        str(Identity.parse(IDENTITY).recipient).upper(),
        bech32.encode("age1pq", bytes(1215)),
        bech32.encode("age1pq", b"\xff" * 1216),
    ],
)
def test_what_is_no_hybrid_recipient_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        Recipient.parse(text)


def test_bits_left_over_are_refused() -> None:
    words = [0] * 51 + [1]
    checksum = bech32._polymod([*bech32._expanded("age-secret-key-pq-"), *words, *[0] * 6]) ^ 1
    words += [checksum >> 5 * (5 - i) & 31 for i in range(6)]
    text = "age-secret-key-pq-1" + "".join(bech32.ALPHABET[word] for word in words)
    with pytest.raises(SealError, match="bits left over"):
        bech32.decode(text)


def test_an_identity_never_prints() -> None:
    identity = Identity.parse(IDENTITY)
    assert f"{identity} {identity!r}" == "<Identity> <Identity>"
    assert len(repr(identity.recipient)) < 40
