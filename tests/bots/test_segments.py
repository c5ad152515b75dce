"""How an SMS is counted, shortened and cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.segments import Count, count, split, transliterate


@pytest.mark.parametrize(
    ("text", "segments", "encoding", "units"),
    [
        ("", 1, "GSM-7", 0),
        ("a" * 160, 1, "GSM-7", 160),
        ("a" * 161, 2, "GSM-7", 161),
        ("a" * 306, 2, "GSM-7", 306),
        ("a" * 307, 3, "GSM-7", 307),
        ("€" * 80, 1, "GSM-7", 160),
        ("€" * 81, 2, "GSM-7", 162),
        ("é" * 160, 1, "GSM-7", 160),
        ("ê" * 70, 1, "UCS-2", 70),
        ("ê" * 71, 2, "UCS-2", 71),
        ("ɓ" + "a" * 69, 1, "UCS-2", 70),
        ("م" * 134, 2, "UCS-2", 134),
        ("م" * 135, 3, "UCS-2", 135),
        ("😀" * 35, 1, "UCS-2", 70),
        ("😀" * 36, 2, "UCS-2", 72),
    ],
)
def test_a_text_is_counted_as_the_provider_bills_it(
    text: str, segments: int, encoding: str, units: int
) -> None:
    assert count(text) == Count(segments=segments, encoding=encoding, units=units)  # type: ignore[arg-type]


def test_accents_are_given_up_where_that_keeps_a_text_in_gsm() -> None:
    assert transliterate("Ça va être prêt\N{NO-BREAK SPACE}?") == "Ça va etre pret ?"
    assert transliterate("ɗan ƙaramin ɓera") == "dan karamin bera"
    assert (
        transliterate("Tu as reçu l\N{RIGHT SINGLE QUOTATION MARK}œuf…") == "Tu as recu l'oeuf..."
    )


@pytest.mark.parametrize("text", ["مرحبا، être", "Привіт «être»", "être 😀"])
def test_what_needs_more_than_gsm_anyway_is_left_alone(text: str) -> None:
    assert transliterate(text) == text


def test_a_long_text_is_cut_between_lines_then_words() -> None:
    assert split("one two\nthree four five", lambda part: len(part) <= 12) == [
        "one two",
        "three four",
        "five",
    ]


def test_a_word_that_is_too_long_is_cut_but_never_before_a_combining_mark() -> None:
    accented = "e\N{COMBINING ACUTE ACCENT}"
    assert split("abc" + accented + "def", lambda part: len(part) <= 4) == [
        "abc",
        accented + "de",
        "f",
    ]


@given(st.text(alphabet="ab é\nêم😀", min_size=0, max_size=400), st.integers(1, 3))
def test_every_part_fits_and_no_character_is_lost(text: str, most: int) -> None:
    parts = split(text, lambda part: count(part).segments <= most)

    assert all(count(part).segments <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
