"""One spelling for what people type: case, marks, letter variants, digits and punctuation folded.

Training phrases and messages pass through the same function, so it only has to be consistent, not
linguistically right. Letters that have no decomposition in Unicode but are typed without their hook
on most phones (Hausa, Lingala, French) fold to their plain form.
"""

import re
import unicodedata

LONGEST = 1000
"""Characters of a message that are looked at; no answer needs more to be recognised."""

_LETTERS = {
    **str.maketrans("ɓɗƙƴŋɔɛøłđı", "bdkynoeoldi"),
    **str.maketrans("ىة", "يه", "ـ"),
    **str.maketrans({"œ": "oe", "æ": "ae", "ɲ": "ny"}),
}
_STRETCHED = re.compile(r"(\D)\1{2,}")
_NOT_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Fold `text` to words of plain letters and ASCII digits, one space between them."""
    decomposed = unicodedata.normalize("NFKD", text[:LONGEST]).casefold().translate(_LETTERS)
    if not decomposed.isascii():
        decomposed = "".join(map(_plain, decomposed))
    return _NOT_WORD.sub(" ", _STRETCHED.sub(r"\1", decomposed)).strip()


def _plain(character: str) -> str:
    """Drop a combining mark; write a decimal digit of any script in ASCII."""
    if unicodedata.combining(character):
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
