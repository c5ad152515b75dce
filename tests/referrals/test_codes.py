"""A return code is typed on any phone, and a slip of the finger is told from a wrong code."""

from itertools import pairwise

import pytest

from referrals.codes import DIGITS, new_code, read_code, shown

CODE = "271828182845"


def test_a_code_is_read_as_it_was_shown() -> None:
    assert read_code(shown(CODE)) == CODE


@pytest.mark.parametrize("zero", ["\u0660", "\u06f0", "\u0966"])
def test_digits_of_any_script_are_read(zero: str) -> None:
    assert read_code("".join(chr(ord(zero) + int(digit)) for digit in CODE)) == CODE


def test_every_single_wrong_digit_is_noticed() -> None:
    for place in range(DIGITS):
        for digit in "0123456789":
            slipped = CODE[:place] + digit + CODE[place + 1 :]
            assert (read_code(slipped) is None) == (digit != CODE[place])


def test_every_swap_of_neighbours_is_noticed() -> None:
    for place, (one, other) in enumerate(pairwise(CODE)):
        swapped = CODE[:place] + other + one + CODE[place + 2 :]
        assert (read_code(swapped) is None) == (one != other)


@pytest.mark.parametrize("text", ["", "2", "1,3", "+999 555 01 02 03 04", "hello", CODE + "1"])
def test_other_messages_are_no_codes(text: str) -> None:
    assert read_code(text) is None


@pytest.mark.parametrize("mark", ["\u200e", "\u2066", "\u2069", "\u200f"])
def test_marks_that_a_phone_puts_around_digits_do_no_harm(mark: str) -> None:
    code = new_code()
    assert read_code(f"{mark}{shown(code)}{mark}") == code
