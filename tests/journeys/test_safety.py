"""Danger, hiding and clearing on a feature phone, from the first word to a doctor's inbox."""

from typing import Any

import pytest

from tests.support.running import Browser, Running

PHONE = "+99955521"
WAY = (
    ("hi", "ENGLISH"),
    ("1", "privately"),
    ("1", "urgent help"),
    ("2", "nobody has been told"),
    ("0", "cloudy morning"),
    ("who are you", "Red sky"),
    ("return", "nobody has been told"),
    ("1", "trained person will answer"),
)


@pytest.fixture(scope="module")
def shown(running: Running) -> list[dict[str, Any]]:
    """What the phone showed."""
    return running.chat([typed for typed, _ in WAY], phone=PHONE)


def after(shown: list[dict[str, Any]], number: int) -> str:
    """What the phone showed after the line of this number was typed."""
    places = [i for i, one in enumerate(shown) if one["from"] == "survivor"]
    end = places[number + 1] if number + 1 < len(places) else len(shown)
    return "\n".join(one["text"] for one in shown[places[number] + 1 : end])


def test_each_step_shows_what_is_meant(shown: list[dict[str, Any]]) -> None:
    for number, (typed, expected) in enumerate(WAY):
        assert expected in after(shown, number), typed


def test_a_made_up_number_is_marked_as_one(shown: list[dict[str, Any]]) -> None:
    assert "SAMPLE, not a real number: 000 001" in after(shown, 3)


def test_only_then_does_somebody_see_it(doctor: Browser, shown: list[dict[str, Any]]) -> None:
    assert shown
    page = doctor.get("/inbox")
    assert "In danger now" in page
    assert "asked for a person" in page


def test_clearing_reveals_nothing_and_tells_how_to_clear_the_phone(
    running: Running, shown: list[dict[str, Any]]
) -> None:
    assert shown
    cleared = running.chat(["delete", "1", "hi"], phone=PHONE)
    assert after(cleared, 0) == "Delete this chat?\n1 Yes\n2 No"
    assert "iPhone" in after(cleared, 1)
    assert "ENGLISH" in after(cleared, 2)
