"""RLP, the form in which Ethereum writes what it hashes: byte strings, and lists of such.

Reading is strict: what is not the one shortest form is refused, so that nothing can be written in
two ways.
"""

from collections.abc import Sequence
from typing import TypeAlias

from vault.anchor.errors import AnchorError

Item: TypeAlias = "bytes | Sequence[Item]"

SHORT = 55
STRING = 0x80
LIST = 0xC0
CUT = "an RLP item is cut off or not in its shortest form"


def encode(item: Item) -> bytes:
    """Write a byte string or a list."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < STRING else _head(STRING, len(item)) + item
    body = b"".join(map(encode, item))
    return _head(LIST, len(body)) + body


def number(value: int) -> bytes:
    """A number as a byte string: no zeros in front, and none at all for zero."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Item:
    """Read what `encode` wrote.

    Raises:
        AnchorError: it is anything else.
    """
    try:
        item, end = _read(data, 0)
    except RecursionError:
        raise AnchorError("an RLP item is nested too deeply") from None
    if end != len(data):
        raise AnchorError("an RLP item is followed by something else")
    return item


def _head(kind: int, length: int) -> bytes:
    if length <= SHORT:
        return bytes([kind + length])
    written = number(length)
    return bytes([kind + SHORT + len(written)]) + written


def _read(data: bytes, at: int) -> tuple[Item, int]:
    if at >= len(data):
        raise AnchorError(CUT)
    first = data[at]
    if first < STRING:
        return data[at : at + 1], at + 1
    kind = LIST if first >= LIST else STRING
    start = at + 1 + max(0, first - kind - SHORT)
    length = first - kind if start == at + 1 else int.from_bytes(data[at + 1 : start], "big")
    end = start + length
    if end > len(data) or data[at:start] != _head(kind, length):
        raise AnchorError(CUT)
    if kind == STRING:
        if length == 1 and data[start] < STRING:
            raise AnchorError(CUT)
        return data[start:end], end
    items: list[Item] = []
    while start < end:
        item, start = _read(data[:end], start)
        items.append(item)
    return items, end
