"""What the classifier sees of a text: words, their sounds, their parts, and what is denied.

A word's *sound* is what is left of it in Latin consonants, whatever script it was typed in, so that
"اغتصاب" and "ightisab", "хочу" and "khochu", "message" and "mesage" have something in common.
"""

# ruff: noqa: RUF001, PIE800  letters of other scripts are the point; one line for each script

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_CYRILLIC = {
    **dict(zip("абвгґдезиіїйклмнопрстуфыэє", "abvggdezyiiyklmnoprstufyee", strict=True)),
    **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"},
    **{"ь": "", "ъ": "", "ё": "yo"},
}
_ARABIC = {
    **dict(zip("بتجدرزسصضطظفقكلمنهةحخ", "btjdrzssdtzfqklmnhhhk", strict=True)),
    **{"ث": "t", "ذ": "d", "ش": "sh", "غ": "g", "ع": "", "ء": "", "ا": "a", "و": "w", "ي": "y"},
    **{"أ": "a", "إ": "a", "آ": "a", "ؤ": "w", "ئ": "y", "چ": "ch", "پ": "b", "گ": "g", "ڤ": "f"},
}
_LETTERS = str.maketrans({**_CYRILLIC, **_ARABIC})
_SPELLINGS = (
    str.maketrans({**_CYRILLIC, "г": "h"}),
    str.maketrans({**_CYRILLIC, "и": "i", "х": "h"}),
)
_CHAT_DIGITS = str.maketrans({"2": "", "3": "", "5": "kh", "6": "t", "7": "h", "8": "gh", "9": "q"})
_LETTER = re.compile(r"[^\W\d]")
_SOFT = re.compile(r"[aeiouyw'ʼ]")
_SAME = (
    ("shch", "$"),
    ("ch", "$"),
    ("sh", "$"),
    ("zh", "$"),
    ("kh", "k"),
    ("gh", "g"),
    ("ph", "f"),
)
_ALIKE = str.maketrans("qcvzjbdg", "kkfsgptk")
_DOUBLE = re.compile(r"(.)\1+")

WORD, SOUND, PART, PAIR, DENIED = 1.0, 0.7, 0.35, 0.8, 0.9
"""How much each kind of feature counts at first; the rest is learnt."""
GAIN = 6.0
"""The length of a text's features; more makes likelihoods sharper."""
_REACH = 3
"""Words that "not" reaches."""
_LONGEST = 40
"""Words of a text that are looked at."""


def latin(text: str) -> tuple[str, ...]:
    """A text in Cyrillic as its writers type it in Latin letters; nothing for other texts."""
    spelt = dict.fromkeys(text.translate(letters) for letters in _SPELLINGS)
    return tuple(one for one in spelt if one != text)


def sound(word: str) -> str:
    """The consonants of a word."""
    if _LETTER.search(word):
        word = word.translate(_CHAT_DIGITS)
    word = word.translate(_LETTERS)
    for spelt, alike in _SAME:
        word = word.replace(spelt, alike)
    return _DOUBLE.sub(r"\1", _SOFT.sub("", word).translate(_ALIKE))


def features(text: str, denials: frozenset[str]) -> dict[str, float]:
    """The features of a normalised text, and how much each counts."""
    words = text.split()[:_LONGEST]
    found: dict[str, float] = {}
    for name, size in _features(words, denials):
        found[name] = max(found.get(name, 0.0), size)
    return found


def scaled(found: Mapping[str, float], known: Mapping[str, tuple[int, float]]) -> dict[int, float]:
    """The known of these features by place, each by how telling it is, to the length `GAIN`."""
    sizes = {known[name][0]: size * known[name][1] for name, size in found.items() if name in known}
    length = sum(size * size for size in sizes.values()) ** 0.5
    return {place: GAIN * size / length for place, size in sizes.items()}


def _features(words: list[str], denials: frozenset[str]) -> Iterator[tuple[str, float]]:
    sounds = [sound(word) for word in words]
    denied = 0
    if len(words) > 1:
        yield f"a{words[0]}", PAIR
    for at, (word, heard) in enumerate(zip(words, sounds, strict=True)):
        yield f"w{word}", WORD
        if len(heard) > 1:
            yield f"s{heard}", SOUND
        yield from ((f"c{part}", PART) for part in _parts(word))
        if at:
            yield f"p{words[at - 1]} {word}", PAIR
            if heard and sounds[at - 1]:
                yield f"q{sounds[at - 1]} {heard}", SOUND
        if denied:
            yield f"n{word}", DENIED
            yield f"m{heard}", SOUND
        denied = _REACH if word in denials else max(0, denied - 1)


def _parts(word: str) -> Iterator[str]:
    framed = f"_{word}_"
    for size in (3, 4):
        for at in range(len(framed) - size + 1):
            yield framed[at : at + size]
