"""The escrow identity in five shares, three of which rebuild it (SLIP-39).

One share or two tell nothing. The words are those that hardware wallets and paper backups use, so a
share can be read again in twenty years by any program that knows SLIP-39. Nothing here touches a
disk: the identity exists in memory for as long as a job takes.
"""

import hashlib
from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from core.errors import BackUpError, ConfigurationError
from core.settings import Settings
from vault.age import Identity, Recipient
from vault.errors import SealError

NEEDED, SHARES = 3, 5
WORDS = 33
"""Words of one share of a 32-byte secret."""

_WORDS: list[str] = WORDLIST
_DIGITS, _GROUP = 24, 4
_PREFIX = 4  # letters by which every word of the list can be told


class ShareError(BackUpError):
    """The shares do not give the identity; the message says which is wrong and how."""


def escrow_of(settings: Settings) -> Recipient:
    """The public half to which every case is also wrapped.

    Raises:
        ConfigurationError: the deployment has none.
    """
    try:
        return Recipient.parse(settings.escrow_recipient or "")
    except SealError:
        raise ConfigurationError(
            "ESCROW_RECIPIENT should be age1pq1… (`backup up` makes one)"
        ) from None


def fingerprint(recipient: Recipient) -> str:
    """96 bits of a public half's SHA-256, in groups that can be read out over the telephone."""
    digits = hashlib.sha256(str(recipient).encode()).hexdigest()[:_DIGITS]
    return " ".join(digits[i : i + _GROUP] for i in range(0, _DIGITS, _GROUP))


def split(identity: Identity) -> list[str]:
    """Five shares of an identity, each a line of 33 words."""
    # No passphrase, so there is nothing for more iterations to slow down.
    groups: list[list[str]] = generate_mnemonics(
        1, [(NEEDED, SHARES)], identity.seed, iteration_exponent=0
    )
    return groups[0]


def join(shares: Sequence[str]) -> Identity:
    """The identity again, from three or more of its shares.

    Raises:
        ShareError: a share is not as it was written, not of the same identity, or too few.
    """
    read = [_read(number, words) for number, words in enumerate(shares, 1)]
    for number, share in enumerate(read, 1):
        if share.common_parameters() != read[0].common_parameters():
            raise ShareError(f"share {number} is of another escrow key than share 1")
        for earlier, other in enumerate(read[: number - 1], 1):
            if other.index == share.index:
                raise ShareError(f"shares {earlier} and {number} are the same")
    if len(read) < NEEDED:
        raise ShareError(f"{NEEDED} different shares are needed, {len(read)} were given")
    try:
        return Identity(combine_mnemonics([share.mnemonic() for share in read[:NEEDED]]))
    except MnemonicError as error:
        raise ShareError("these shares do not belong together") from error


def share_number(share: str) -> int:
    """Which of the five a share is, from 1."""
    return int(_read(1, share).index) + 1


def _read(number: int, text: str) -> Share:
    words = [_word(number, place, word) for place, word in enumerate(text.lower().split(), 1)]
    if len(words) != WORDS:
        raise ShareError(f"share {number} has {len(words)} words, it should have {WORDS}")
    try:
        share = Share.from_mnemonic(" ".join(words))
    except MnemonicError as error:
        raise ShareError(
            f"share {number}: a word is wrong, or two stand in each other's place"
        ) from error
    if (share.member_threshold, share.group_count) != (NEEDED, 1):
        raise ShareError(f"share {number} was not made by this program")
    return share


def _word(number: int, place: int, typed: str) -> str:
    """The word of the list that was typed, perhaps by its first four letters alone."""
    for word in _WORDS:
        if typed in {word, word[:_PREFIX]}:
            return word
    raise ShareError(f"share {number}: word {place} is not a word of the list")
