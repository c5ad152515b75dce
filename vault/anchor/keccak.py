"""Keccak-256, the hash of Ethereum, which is not quite SHA3-256: its padding is older.

The standard library alone, so that an anchor can be checked anywhere. Source: the Keccak reference,
version 3.0. Slow (some 200 kilobytes a second); whoever makes proofs brings a faster one.
"""

from functools import reduce
from operator import xor

RATE = 136
"""Bytes that one permutation takes in."""
MASK = (1 << 64) - 1


def keccak256(data: bytes) -> bytes:
    """The 32-byte hash."""
    lanes = [0] * 25
    padding = bytearray(RATE - len(data) % RATE)
    padding[0] |= 0x01
    padding[-1] |= 0x80
    padded = data + padding
    for start in range(0, len(padded), RATE):
        for lane in range(RATE // 8):
            at = start + 8 * lane
            lanes[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & MASK


def _constants() -> list[int]:
    """The constant of each round, from the linear feedback register that defines them."""
    state, constants = 1, []
    for _ in range(24):
        constant = 0
        for bit in range(7):
            constant |= (state & 1) << ((1 << bit) - 1)
            state = state << 1 ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


def _route() -> list[tuple[int, int]]:
    """Where each lane but the first goes in rho and pi, and how far it is turned there."""
    route, x, y = [], 1, 0
    for step in range(24):
        route.append((x + 5 * y, (step + 1) * (step + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    return route


ROUNDS = _constants()
ROUTE = _route()


def _permuted(lanes: list[int]) -> list[int]:
    for constant in ROUNDS:
        columns = [reduce(xor, lanes[x::5]) for x in range(5)]
        for x in range(5):
            mixed = columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1)
            for at in range(x, 25, 5):
                lanes[at] ^= mixed
        moved = lanes[:]
        for (origin, turn), (target, _) in zip(ROUTE, ROUTE[1:] + ROUTE[:1], strict=True):
            moved[target] = _rotated(lanes[origin], turn)
        lanes = [
            moved[at] ^ (~moved[at - at % 5 + (at + 1) % 5] & moved[at - at % 5 + (at + 2) % 5])
            for at in range(25)
        ]
        lanes[0] ^= constant
    return lanes
