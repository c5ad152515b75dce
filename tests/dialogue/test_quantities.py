"""Numbers and times in words, of any language and mixed."""

import pytest

from dialogue import paths
from dialogue.nlu.normalise import normalise
from dialogue.nlu.phrases import read_all, read_lexicon
from dialogue.nlu.quantities import Quantities

QUANTITIES = Quantities(read_lexicon(read_all(paths.LOCALES)))
DAY = 24


@pytest.mark.parametrize(
    ("typed", "figures"),
    [
        ("she is twenty two", (22,)),
        ("soixante-dix ans", (70,)),
        ("quatre-vingt-dix", (90,)),
        ("cinquante et un ans", (51,)),
        ("خمسة وعشرين", (25,)),
        ("ثلاثة وعشرون سنة", (23,)),
        ("двадцять три роки", (23,)),
        ("мне пятьдесят два", (52,)),
        ("ishirini na mbili", (22,)),
        ("goma sha biyar", (15,)),
        ("arba'in da uku", (43,)),
        ("mirongo itatu n'itanu", (35,)),
        ("cumi na kabiri", (12,)),
        ("over sixty", (61,)),
        ("moins de 12 ans", (11,)),
        ("18-25", (18, 25)),
        ("call me on 0812345678", ()),
    ],
)
def test_figures_are_read_in_words_and_digits(typed: str, figures: tuple[int, ...]) -> None:
    assert QUANTITIES.figures(normalise(typed)) == figures


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("two days ago", 2 * DAY),
        ("a few hours ago", 3),
        ("yesterday", 1.5 * DAY),
        ("3 semaines", 21 * DAY),
        ("il y a deux jours", 2 * DAY),
        ("منذ يومين", 2 * DAY),
        ("قبل ثلاثة أسابيع", 21 * DAY),
        ("позавчора", 2 * DAY),
        ("тиждень тому", 7 * DAY),
        ("два месяца назад", 61 * DAY),
        ("siku nne zilizopita", 4 * DAY),
        ("jana", 1.5 * DAY),
        ("kwana biyar da suka wuce", 5 * DAY),
        ("ejo hashize", 1.5 * DAY),
        ("ibyumweru bitatu bishize", 21 * DAY),
        ("one day ago", 1.5 * DAY),
    ],
)
def test_times_are_read_as_hours_that_have_passed(typed: str, hours: float) -> None:
    assert QUANTITIES.hours(normalise(typed)) == hours


@pytest.mark.parametrize("typed", ["every day", "my sister", "yesterday or two weeks ago", "days"])
def test_what_tells_no_time_or_two_gives_none(typed: str) -> None:
    assert QUANTITIES.hours(normalise(typed)) is None


def test_a_bare_number_in_words_is_a_number() -> None:
    assert QUANTITIES.number("two") == QUANTITIES.number("biyu") == 2
    assert QUANTITIES.number("two men") is None
    assert QUANTITIES.digits("deux hommes") == "2 hommes"
