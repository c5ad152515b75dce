"""A log says what happened and where, never what somebody wrote."""

import logging
import sys

import pytest

from core.errors import BackUpError
from core.log import DiscreetFormatter

WORDS = "unmistakable words"


def _logged(error: Exception) -> str:
    try:
        raise error
    except type(error):
        record = logging.LogRecord(
            "room", logging.ERROR, __file__, 1, "lane %s failed", ("7",), sys.exc_info()
        )
    return DiscreetFormatter("%(levelname)s %(message)s").format(record)


def test_a_foreign_exception_is_told_by_type_and_place() -> None:
    line = _logged(ValueError(WORDS))
    assert "lane 7 failed" in line
    assert "builtins.ValueError at _logged" in line
    assert WORDS not in line


def test_an_exception_of_our_own_may_speak() -> None:
    assert "the disk is full" in _logged(BackUpError("the disk is full"))


@pytest.mark.parametrize("cause", [ValueError(WORDS), KeyError(WORDS)])
def test_what_an_exception_was_raised_from_stays_silent_too(cause: Exception) -> None:
    error = BackUpError("wrapped")
    error.__cause__ = cause
    assert WORDS not in _logged(error)
