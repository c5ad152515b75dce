"""The return code: twelve digits that open a person's own conversation from another phone.

Digits, because every phone and every script can type them. The last one is Damm's check digit, so
that a slip of the finger is told from a wrong code. Only a keyed fingerprint is stored.
"""

import secrets
import unicodedata

DIGITS = 12
GROUP = 4

# Damm's quasigroup of order 10: any single wrong digit and any swap of neighbours is noticed.
# Source: H. M. Damm, Total anti-symmetrische Quasigruppen, Marburg 2004.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def new_code() -> str:
    """A fresh code: eleven random digits and their check digit."""
    digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS - 1))
    return digits + _check(digits)


def shown(code: str) -> str:
    """The code as a person reads it, in groups of four."""
    return " ".join(code[i : i + GROUP] for i in range(0, DIGITS, GROUP))


def read_code(text: str) -> str | None:
    """The code in what a person typed, in any script's digits; None if it can't be one.

    Phones put invisible marks around digits in texts that run from right to left.
    """
    kept = [c for c in text if not (c.isspace() or c in "-.," or unicodedata.category(c) == "Cf")]
    values = [unicodedata.decimal(c, None) for c in kept]
    if len(values) != DIGITS or None in values:
        return None
    code = "".join(str(value) for value in values)
    return code if _check(code[:-1]) == code[-1] else None


def _check(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)
