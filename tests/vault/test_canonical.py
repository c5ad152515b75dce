"""One value, one byte string."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.canonical import EXACT, bind, canonical, stamp, unbind
from vault.errors import SealError

names = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=5)
values = st.none() | st.text(max_size=20) | st.integers(-EXACT, EXACT)
fields = st.dictionaries(names, values, max_size=5)


@settings(deadline=None)
@given(fields)
def test_it_is_json_and_the_same_in_any_order(value: dict[str, str | int | None]) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_it_is_as_rfc_8785_writes_it() -> None:
    value = {"peach": "€$\u000f\nA'B\"\\", "\r": None, "1": -1, "": "\u007f/é"}
    pieces = ['"":"\u007f/é"', r'"\r":null', '"1":-1', r'''"peach":"€$\u000f\nA'B\"\\"''']
    expected = "{" + ",".join(pieces) + "}"
    assert canonical(value) == expected.encode()


@pytest.mark.parametrize("value", [1.0, True, EXACT + 1, -EXACT - 1, "\ud800", [], {}, b""])
def test_what_has_no_exact_form_is_refused(value: object) -> None:
    with pytest.raises(SealError):
        canonical({"a": value})  # type: ignore[dict-item]


def test_names_are_ascii_because_their_order_is_then_beyond_dispute() -> None:
    with pytest.raises(SealError):
        canonical({"é": 1})


def test_a_moment_is_written_in_utc_whatever_its_zone() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    there = moment.astimezone(timezone(timedelta(hours=3)))
    assert stamp(moment) == stamp(there) == "2026-01-02T03:04:05.000006Z"


@settings(deadline=None)
@given(fields, st.binary(max_size=50), fields)
def test_bound_content_comes_back_in_its_place_only(
    place: dict[str, str | int | None], content: bytes, other: dict[str, str | int | None]
) -> None:
    bound = bind(place, content)
    assert unbind(place, bound) == content
    if other != place:
        with pytest.raises(SealError, match="another's place"):
            unbind(other, bound)
