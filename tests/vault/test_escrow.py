"""Five shares, of which any three rebuild the identity and two tell nothing."""

from itertools import combinations

import pytest

from vault.age import Identity
from vault.escrow import NEEDED, SHARES, WORDS, ShareError, join, share_number, split


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


@pytest.fixture(scope="module")
def shares(identity: Identity) -> list[str]:
    return split(identity)


def test_any_three_shares_in_any_order_rebuild_the_identity(
    identity: Identity, shares: list[str]
) -> None:
    assert [share_number(share) for share in shares] == [1, 2, 3, 4, 5]
    for three in combinations(shares, NEEDED):
        assert join(three[::-1]).seed == identity.seed
    assert join(shares).seed == identity.seed


def test_words_may_be_typed_by_four_letters_in_capitals_and_on_many_lines(
    identity: Identity, shares: list[str]
) -> None:
    typed = ["\n ".join(word[:4].upper() for word in share.split()) for share in shares]
    assert join(typed[:NEEDED]).seed == identity.seed


def test_two_shares_are_too_few(shares: list[str]) -> None:
    with pytest.raises(ShareError, match="3 different shares are needed, 2 were given"):
        join(shares[:2])


def test_the_same_share_twice_is_told(shares: list[str]) -> None:
    with pytest.raises(ShareError, match="shares 1 and 3 are the same"):
        join([shares[0], shares[1], shares[0]])


def test_a_share_of_another_set_is_told(shares: list[str]) -> None:
    stranger = split(Identity.generate())[2]
    with pytest.raises(ShareError, match="share 3 is of another escrow key"):
        join([shares[0], shares[1], stranger])


def test_a_word_that_does_not_exist_is_told_by_its_place(shares: list[str]) -> None:
    words = shares[1].split()
    words[5] = "xylophone"
    with pytest.raises(ShareError, match="share 2: word 6 is not a word of the list"):
        join([shares[0], " ".join(words), shares[2]])


def test_a_wrong_word_and_two_in_each_others_place_are_told(shares: list[str]) -> None:
    words = shares[1].split()
    wrong = [*words[:20], "academic" if words[20] != "academic" else "acid", *words[21:]]
    swapped = [*words[: WORDS - 2], words[-1], words[-2]]
    for broken in (wrong, swapped):
        with pytest.raises(ShareError, match="share 2: a word is wrong"):
            join([shares[0], " ".join(broken), shares[2]])


def test_a_lost_word_is_told(shares: list[str]) -> None:
    with pytest.raises(ShareError, match="share 1 has 32 words, it should have 33"):
        join([shares[0].rpartition(" ")[0], *shares[1:3]])


def test_no_complaint_repeats_a_share(shares: list[str]) -> None:
    words = shares[1].split()
    words[5] = "xylophone"
    with pytest.raises(ShareError) as caught:
        join([shares[0], " ".join(words), shares[2]])
    assert "xylophone" not in str(caught.value)


def test_there_are_five_different_shares(shares: list[str]) -> None:
    assert len(set(shares)) == SHARES
