"""What different ways to type the same have in common, and how slips are made."""

import random

import pytest

from dialogue.nlu.features import GAIN, features, latin, scaled, sound
from dialogue.nlu.normalise import normalise
from dialogue.nlu.vary import slip, variants


@pytest.mark.parametrize(
    ("typed", "alike"),
    [
        ("хочу", "khochu"),
        ("помогите", "pomogite"),
        ("خطر", "khatar"),
        ("شخص", "shakhs"),
        ("message", "mesage"),
        ("majrou7", "majrouh"),
    ],
)
def test_words_that_sound_alike_have_the_same_sound(typed: str, alike: str) -> None:
    assert sound(normalise(typed)) == sound(normalise(alike))


def test_cyrillic_is_spelt_as_its_writers_do() -> None:
    assert "hochu umeret" in latin(normalise("хочу умереть"))
    assert "khochu pomerty" in latin(normalise("хочу померти"))
    assert latin("nothing") == ()


def test_what_follows_a_denial_is_told_apart() -> None:
    denied = features("not in danger", frozenset({"not"}))
    said = features("in danger", frozenset({"not"}))

    assert "ndanger" in denied
    assert "ndanger" not in said


def test_the_known_features_of_any_text_are_equally_long() -> None:
    known = {"wone": (0, 1.0), "wtwo": (1, 2.0)}

    for text in ("one", "one two", "one two three four"):
        sizes = scaled(features(text, frozenset()), known)
        assert sum(size * size for size in sizes.values()) == pytest.approx(GAIN * GAIN)
    assert scaled(features("three", frozenset()), known) == {}


def chance() -> random.Random:
    return random.Random(3)  # noqa: S311


def test_a_slip_changes_one_longer_word_and_the_same_each_time() -> None:
    slipped = slip("hide the screen", chance())

    assert slipped != "hide the screen"
    assert slipped.split()[1] == "the"
    assert slipped == slip("hide the screen", chance())
    assert slip("no", chance()) == "no"
    assert list(variants("да", (), chance())) == ["da"]
