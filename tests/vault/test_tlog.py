"""The tree of RFC 6962: what is proven is so, and nothing else can be proven."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vault import tlog
from vault.tlog import Frontier, leaf_hash, node_hash, root

LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(200)]
sizes = st.integers(1, len(LEAVES))

# The inputs and roots that implementations of Certificate Transparency are tested with.
INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    bytes(range(96, 112)).hex(),
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else tlog.EMPTY
    half = max(1 << n for n in range(10) if 1 << n < len(leaves))
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


def proof_of(spans: list[tlog.Span]) -> list[bytes]:
    return [root(LEAVES[start:end]) for start, end in spans]


def altered(proof: list[bytes], place: int, bit: int) -> list[bytes]:
    """The proof with one bit changed."""
    changed = bytearray(proof[place])
    changed[bit // 8] ^= 1 << bit % 8
    return [*proof[:place], bytes(changed), *proof[place + 1 :]]


def test_the_roots_are_those_of_certificate_transparency() -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
    assert [root(leaves[: n + 1]).hex() for n in range(8)] == ROOTS


def test_growing_leaf_by_leaf_gives_the_root_by_definition() -> None:
    frontier = Frontier()
    for size in range(100):
        assert frontier.head.root == by_definition(LEAVES[:size])
        frontier = frontier.grow(LEAVES[size])


@settings(deadline=None)
@given(sizes, st.data())
def test_a_subtree_is_made_up_of_nodes_that_entries_keep(size: int, data: st.DataObject) -> None:
    nodes, frontier = {}, Frontier()
    for leaf in LEAVES[:size]:
        frontier = frontier.grow(leaf)
        nodes[frontier.size] = frontier.node
    index = data.draw(st.integers(0, size - 1))
    older = data.draw(st.integers(0, size))
    spans = tlog.inclusion_spans(index, size) + tlog.consistency_spans(older, size)
    for start, end in spans:
        kept = [nodes[number] for number in tlog.peaks_of(start, end - 1)]
        assert tlog.fold([*kept, LEAVES[end - 1]]) == root(LEAVES[start:end])
    assert tlog.fold([nodes[n] for n in tlog.peaks_of(0, older)]) == root(LEAVES[:older])


@settings(deadline=None)
@given(sizes, st.data())
def test_every_leaf_can_be_proven_and_no_other_in_its_place(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    head, proof = root(LEAVES[:size]), proof_of(tlog.inclusion_spans(index, size))
    assert tlog.verify_inclusion(LEAVES[index], index, size, proof, head)
    if other != index:
        assert not tlog.verify_inclusion(LEAVES[other], index, size, proof, head)
        assert not tlog.verify_inclusion(LEAVES[index], other, size, proof, head)


@settings(deadline=None)
@given(st.integers(2, len(LEAVES)), st.data())
def test_an_altered_inclusion_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    head, proof = root(LEAVES[:size]), proof_of(tlog.inclusion_spans(index, size))
    wrong = [
        altered(proof, data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))),
        proof[:-1],
        proof[1:],
        [*proof, head],
    ]
    for false in wrong:
        assert not tlog.verify_inclusion(LEAVES[index], index, size, false, head)
    assert not tlog.verify_inclusion(LEAVES[index], index, size, proof, LEAVES[0])


def test_a_place_outside_the_tree_is_never_proven() -> None:
    for index, size in ((-1, 1), (1, 1), (0, 0), (2, 1)):
        assert not tlog.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


@settings(deadline=None)
@given(sizes, st.data())
def test_every_older_tree_is_proven_to_be_the_beginning(size: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(0, size))
    proof = proof_of(tlog.consistency_spans(older, size))
    before, after = root(LEAVES[:older]), root(LEAVES[:size])
    assert tlog.verify_consistency(older, size, before, after, proof)


@settings(deadline=None)
@given(st.integers(2, len(LEAVES)), st.data())
def test_another_history_is_never_proven(size: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(1, size - 1))
    proof = proof_of(tlog.consistency_spans(older, size))
    before, after = root(LEAVES[:older]), root(LEAVES[:size])
    place = data.draw(st.integers(0, older - 1))
    forked = root([*LEAVES[:place], leaf_hash(b"another"), *LEAVES[place + 1 : older]])
    assert not tlog.verify_consistency(older, size, forked, after, proof)
    assert not tlog.verify_consistency(older, size, before, forked, proof)
    for false in (
        altered(proof, data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))),
        proof[:-1],
        [*proof, before],
    ):
        assert not tlog.verify_consistency(older, size, before, after, false)


def test_impossible_sizes_are_never_consistent() -> None:
    one, two = root(LEAVES[:1]), root(LEAVES[:2])
    assert not tlog.verify_consistency(2, 1, two, one, [])
    assert not tlog.verify_consistency(-1, 1, one, one, [])
    assert not tlog.verify_consistency(0, 1, one, one, [])
    assert not tlog.verify_consistency(1, 1, one, two, [])
    assert not tlog.verify_consistency(1, 1, one, one, [one])


@settings(deadline=None)
@given(st.integers(1, 2**70), st.integers(1, 2**70))
def test_absurd_sizes_are_refused_at_once(older: int, newer: int) -> None:
    assume(older < newer)
    assert not tlog.verify_consistency(older, newer, LEAVES[0], LEAVES[1], [LEAVES[2]] * 9)
    assert not tlog.verify_inclusion(LEAVES[0], older, newer, [LEAVES[1]] * 9, LEAVES[2])
