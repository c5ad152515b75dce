"""How an SMS is counted and cut: septets of GSM-7, or 16-bit units once a character needs more.

A segment holds 160 septets or 70 units; of a longer text, 153 or 67, since the phone needs the
rest to put it together again. Pure.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import smsutil

LONG_SEGMENT = 153
"""Septets in each segment of a text that needs more than one."""

# Letters of our languages that would make a text more than twice as long, and what readers of
# these languages write on a phone without them. Never a script that isn't Latin.
PLAIN = str.maketrans(
    {
        "á": "a", "â": "a", "ã": "a", "ç": "c", "ë": "e", "ê": "e", "í": "i", "î": "i", "ï": "i",
        "ó": "o", "ô": "o", "õ": "o", "ú": "u", "û": "u", "ÿ": "y", "œ": "oe", "Œ": "OE",
        "À": "A", "Á": "A", "Â": "A", "È": "E", "Ê": "E", "Ë": "E", "Î": "I", "Ï": "I", "Ô": "O",
        "Ù": "U", "Û": "U",
        "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƙ": "k", "Ƙ": "K", "ƴ": "y", "Ƴ": "Y",
        "ɔ": "o", "Ɔ": "O", "ɛ": "e", "Ɛ": "E", "ŋ": "n", "Ŋ": "N",
        "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "«": '"', "»": '"', "\N{EN DASH}": "-", "\N{EM DASH}": "-", "…": "...",
        "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a text takes: `units` are septets of GSM-7 or 16-bit units of UCS-2."""

    segments: int
    encoding: Literal["GSM-7", "UCS-2"]
    units: int


def count(text: str) -> Count:
    """Count a text as the provider will bill it."""
    if not text:
        return Count(segments=1, encoding="GSM-7", units=0)
    result = smsutil.split(text)
    if result.encoding == "gsm0338":
        return Count(segments=len(result.parts), encoding="GSM-7", units=result.total_bytes)
    return Count(segments=len(result.parts), encoding="UCS-2", units=result.total_bytes // 2)


def transliterate(text: str) -> str:
    """Write it in GSM-7 if that loses no more than accents; otherwise leave it alone."""
    plain = text.translate(PLAIN)
    return plain if count(plain).encoding == "GSM-7" else text


def split(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Cut a text into parts that fit, between lines or words wherever there is a place."""
    parts = []
    while not fits(text):
        end = _border(text, _longest(text, fits))
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*parts, text]


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """The length of the longest beginning that fits, at least one character."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    return low


def _border(text: str, end: int) -> int:
    """The best place to cut at or before `end`, in the second half of what fits."""
    if text[end].isspace():
        return end
    for border in ("\n", " "):
        if (place := text.rfind(border, end // 2, end)) > 0:
            return place + 1
    while end > 1 and unicodedata.combining(text[end]):
        end -= 1
    return end
