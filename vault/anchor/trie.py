"""Merkle-Patricia tries as blocks have them: values by number, and the proof that one is there.

Source: the Ethereum yellow paper, appendix D. A path is the half bytes of the RLP of the number.
"""

from collections.abc import Callable, Mapping, Sequence

from vault.anchor import rlp
from vault.anchor.errors import AnchorError
from vault.anchor.keccak import keccak256

Hash = Callable[[bytes], bytes]
Path = tuple[int, ...]

HASHED = 32
"""A node of at least so many bytes stands in its parent as its hash, a smaller one as itself."""
BRANCH = 17
ODD, LEAF = 1, 2


def prove(values: Sequence[bytes], index: int, *, hashed: Hash = keccak256) -> list[bytes]:
    """The nodes from the root down to value number `index`; the root is the hash of the first."""
    wanted = _path(index)
    proof: list[bytes] = []
    _node({_path(n): value for n, value in enumerate(values)}, 0, wanted, proof, hashed)
    return proof[::-1]


def proven(root: bytes, index: int, proof: Sequence[bytes], *, hashed: Hash = keccak256) -> bytes:
    """The value that a trie of that root holds under number `index`.

    Raises:
        AnchorError: the proof does not show that it holds one.
    """
    nodes, path = list(proof), _path(index)
    if len(root) != HASHED or not isinstance(root, bytes):
        raise AnchorError("a trie's root has 32 bytes")
    reference: rlp.Item = root
    while True:
        node = _followed(reference, nodes, hashed)
        if len(node) == BRANCH:
            if not path:
                break
            reference, path = node[path[0]], path[1:]
            continue
        part, is_leaf = _unpacked(node[0])
        if path[: len(part)] != part or (is_leaf and path != part):
            raise AnchorError("the proof leads to another place of the block")
        reference, path = node[1], path[len(part) :]
        if is_leaf:
            break
    value = node[-1]
    if nodes or not isinstance(value, bytes) or not value:
        raise AnchorError("the proof does not end in a value")
    return value


def _followed(reference: rlp.Item, nodes: list[bytes], hashed: Hash) -> Sequence[rlp.Item]:
    """The node that a reference stands for: the next of the proof, or one written in place."""
    if isinstance(reference, bytes):
        if not nodes or len(reference) != HASHED or hashed(nodes[0]) != reference:
            raise AnchorError("a node of the proof is missing or was changed")
        reference = rlp.decode(nodes.pop(0))
    if isinstance(reference, bytes) or len(reference) not in {2, BRANCH}:
        raise AnchorError("a node of the proof is malformed")
    return reference


def _node(
    values: Mapping[Path, bytes], depth: int, wanted: Path, proof: list[bytes], hashed: Hash
) -> rlp.Item:
    """The node over these values, which share `depth` half bytes; notes those on the wanted way."""
    node = _made(values, depth, wanted, proof, hashed)
    written = rlp.encode(node)
    if depth and len(written) < HASHED:
        return node
    if wanted in values:
        proof.append(written)
    return hashed(written)


def _made(
    values: Mapping[Path, bytes], depth: int, wanted: Path, proof: list[bytes], hashed: Hash
) -> list[rlp.Item]:
    if len(values) == 1:
        ((path, value),) = values.items()
        return [_packed(path[depth:], LEAF), value]
    shared = _shared(values, depth)
    if shared > depth:
        part = next(iter(values))[depth:shared]
        return [_packed(part, 0), _node(values, shared, wanted, proof, hashed)]
    children: list[rlp.Item] = [b""] * BRANCH
    for nibble in range(BRANCH - 1):
        below = {p: v for p, v in values.items() if p[depth : depth + 1] == (nibble,)}
        if below:
            children[nibble] = _node(below, depth + 1, wanted, proof, hashed)
    # The RLP of one number never begins that of another, so no value ends at a branch.
    return children


def _shared(values: Mapping[Path, bytes], depth: int) -> int:
    first, last = min(values), max(values)
    while first[depth : depth + 1] == last[depth : depth + 1]:
        depth += 1
    return depth


def _path(index: int) -> Path:
    return _halved(rlp.encode(rlp.number(index)))


def _halved(data: bytes) -> Path:
    return tuple(half for byte in data for half in (byte >> 4, byte & 15))


def _packed(path: Path, kind: int) -> bytes:
    halves = (kind | ODD, *path) if len(path) % 2 else (kind, 0, *path)
    return bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))


def _unpacked(packed: rlp.Item) -> tuple[Path, bool]:
    halves = _halved(packed) if isinstance(packed, bytes) else ()
    if not halves or halves[0] > (LEAF | ODD) or (not halves[0] & ODD and halves[1]):
        raise AnchorError("a node of the proof is malformed")
    return halves[1 if halves[0] & ODD else 2 :], bool(halves[0] & LEAF)
