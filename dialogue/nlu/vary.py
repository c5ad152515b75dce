"""Ways in which people say the same: politely, in a hurry, with a slip of the thumb."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from dialogue.nlu.features import latin

_SHORT = 4
"""Words shorter than this are typed right, or mean another word."""


def variants(phrase: str, frames: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Further ways to type a normalised phrase, in a frame of its language and with slips."""
    yield from latin(phrase)
    if frames:
        yield chance.choice(frames).replace("{}", phrase)
    slipped = slip(phrase, chance)
    if slipped != phrase:
        yield slipped
        if frames:
            yield chance.choice(frames).replace("{}", slip(phrase, chance))


def slip(phrase: str, chance: random.Random) -> str:
    """The phrase with one slip in one of its longer words."""
    words = phrase.split()
    long = [at for at, word in enumerate(words) if len(word) >= _SHORT]
    if not long:
        return phrase
    at = chance.choice(long)
    words[at] = _slip(words[at], chance)
    return " ".join(words)


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    return chance.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            word[:at] + chance.choice(word) + word[at + 1 :],
        )
    )
