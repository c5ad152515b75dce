"""Bech32 (BIP 173) as age uses it: checksummed text for keys, without a length limit."""

from collections.abc import Iterable
from functools import reduce
from operator import xor

from vault.errors import SealError

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
CARRY = [
    reduce(xor, (term for bit, term in enumerate(GENERATOR) if top >> bit & 1), 0)
    for top in range(32)
]
"""What each value of the state's top five bits adds."""
CHECKSUM = 6


def encode(prefix: str, data: bytes) -> str:
    """Lower-case text: prefix, `1`, data in base 32, checksum."""
    words = _regroup(data, 8, 5)
    checksum = _polymod([*_expanded(prefix), *words, *[0] * CHECKSUM]) ^ 1
    words += [checksum >> 5 * (CHECKSUM - 1 - i) & 31 for i in range(CHECKSUM)]
    return prefix + "1" + "".join(ALPHABET[word] for word in words)


def decode(text: str) -> tuple[str, bytes]:
    """The lower-case prefix and the data.

    Raises:
        SealError: mixed case, a foreign character, a wrong checksum or non-zero padding.
    """
    if not text.isascii() or text not in (text.lower(), text.upper()):
        raise SealError("a key is written in upper and lower case, or not in ASCII")
    prefix, _, tail = text.lower().rpartition("1")
    words = [ALPHABET.find(letter) for letter in tail]
    if not prefix or min(words, default=-1) < 0 or not _visible(prefix):
        raise SealError("a key holds a character that no key has")
    if len(words) < CHECKSUM or _polymod([*_expanded(prefix), *words]) != 1:
        raise SealError("a key has a typing error")
    return prefix, _ungrouped(words[:-CHECKSUM])


def _visible(text: str) -> bool:
    return all("!" <= letter <= "~" for letter in text)


def _expanded(prefix: str) -> list[int]:
    codes = prefix.encode("ascii")
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _polymod(words: Iterable[int]) -> int:
    state = 1
    for word in words:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ word ^ CARRY[top]
    return state


def _regroup(data: Iterable[int], width: int, target: int) -> list[int]:
    """Cut a bit string into words of another width; the last one is padded with zeros."""
    bits, held, words = 0, 0, []
    for item in data:
        bits, held = (bits << width | item) & 0xFFF, held + width
        while held >= target:
            held -= target
            words.append(bits >> held & (1 << target) - 1)
    if held:
        words.append(bits << (target - held) & (1 << target) - 1)
    return words


def _ungrouped(words: list[int]) -> bytes:
    data = _regroup(words, 5, 8)
    spare = len(words) * 5 % 8
    if spare and (spare >= 5 or data.pop()):  # noqa: PLR2004 - a whole word of padding is too much
        raise SealError("a key has bits left over")
    return bytes(data)
