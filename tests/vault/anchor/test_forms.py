"""Keccak, RLP and tries against the libraries of the Ethereum project."""

import pytest
import rlp as reference  # type: ignore[import-untyped]
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from vault.anchor import rlp, trie
from vault.anchor.errors import AnchorError
from vault.anchor.keccak import keccak256

items = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=5))


@given(st.binary(max_size=600))
def test_keccak_is_that_of_ethereum(data: bytes) -> None:
    assert keccak256(data) == keccak(data)


@pytest.mark.parametrize("size", [0, 1, 135, 136, 137, 271, 272, 273])
def test_keccak_at_the_borders_of_its_blocks(size: int) -> None:
    assert keccak256(b"\xff" * size) == keccak(b"\xff" * size)


@given(items)
def test_rlp_is_written_and_read_as_elsewhere(item: rlp.Item) -> None:
    written = rlp.encode(item)

    assert written == reference.encode(item)
    assert rlp.decode(written) == item


@given(st.integers(min_value=0, max_value=1 << 260))
def test_numbers_are_written_as_elsewhere(value: int) -> None:
    assert rlp.encode(rlp.number(value)) == reference.encode(value)


@given(st.binary(max_size=40))
def test_only_the_one_form_of_an_item_is_read(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except AnchorError:
        return
    assert rlp.encode(item) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81\x05",
        b"\xb8\x01\xff",
        b"\xb9\x00\x38" + b"x" * 56,
        b"\xc2\x81",
        b"\x80\x80",
        b"\xbf" + b"\xff" * 8,
        b"\xf8" * 2000,
        b"".join(bytes([0xF9]) + (6000 - 3 * n).to_bytes(2, "big") for n in range(1, 2000)),
    ],
)
def test_malformed_items_are_refused(data: bytes) -> None:
    with pytest.raises(AnchorError):
        rlp.decode(data)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_tries_and_proofs_are_those_of_the_reference(data: st.DataObject) -> None:
    count = data.draw(st.sampled_from([1, 2, 3, 15, 16, 17, 127, 128, 129, 200, 256, 257, 300]))
    size = data.draw(st.sampled_from([1, 20, 31, 32, 33, 300]))
    index = data.draw(st.integers(min_value=0, max_value=count - 1))
    values = [bytes([n % 251 + 1]) * size for n in range(count)]
    known = HexaryTrie({})
    for number, value in enumerate(values):
        known[reference.encode(number)] = value

    proof = trie.prove(values, index, hashed=keccak)

    assert keccak(proof[0]) == known.root_hash
    assert trie.proven(known.root_hash, index, proof) == values[index]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_changed_proof_proves_nothing(data: st.DataObject) -> None:
    count = data.draw(st.sampled_from([2, 17, 129, 200]))
    index = data.draw(st.integers(min_value=0, max_value=count - 1))
    proof = trie.prove([bytes([n % 251 + 1]) * 40 for n in range(count)], index, hashed=keccak)
    root = keccak(proof[0])
    node = data.draw(st.integers(min_value=0, max_value=len(proof) - 1))
    place = data.draw(st.integers(min_value=0, max_value=len(proof[node]) - 1))
    bit = 1 << data.draw(st.integers(min_value=0, max_value=7))
    old = proof[node]
    changed = old[:place] + bytes([old[place] ^ bit]) + old[place + 1 :]

    for wrong in (
        [*proof[:node], changed, *proof[node + 1 :]],
        [*proof[:node], *proof[node + 1 :]],
        [*proof, old],
        [],
    ):
        with pytest.raises(AnchorError):
            trie.proven(root, index, wrong)


def test_a_proof_is_of_one_number_only() -> None:
    values = [bytes([n]) * 40 for n in range(1, 131)]
    proof = trie.prove(values, 5)

    for index in (0, 4, 6, 127, 128, 129, 130, 10**6):
        with pytest.raises(AnchorError):
            trie.proven(keccak(proof[0]), index, proof)
