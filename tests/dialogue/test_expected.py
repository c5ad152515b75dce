"""Lines of an evaluation, also as strangers write them."""

import pytest

from dialogue.expected import UnknownLineError, read_line
from dialogue.questionnaire import load

QUESTIONNAIRE = load()


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ("en\twhen\ttoday\twhen.lt24h", "when.lt24h"),
        ("en\twhen\ttoday\tlt24h", "when.lt24h"),
        ("en\tWHEN\ttoday\tLT24H", "when.lt24h"),
        ("en\tperson_age\ttwelve\ta12_14", "age.a12_14"),
        ("en\t-\tstop\tSTOP", "stop"),
        ("en\t-\thelp\tIn danger", "danger"),
        ("en\t-\tblood\tbadly hurt", "hurt"),
        ("en\turgent\tno\tnone", "urgent.none"),
        ("en\twhen\tbananas\tnone", "-"),
        ("en\twhen\tbananas\t-", "-"),
        ("en\tlandmark\tthe bridge\ttext", "text"),
        ("en\tafter\tnothing\tnothing", "after.nothing"),
    ],
)
def test_what_is_expected_is_understood_in_other_spellings(row: str, label: str) -> None:
    line = read_line(row, QUESTIONNAIRE)

    assert line is not None
    assert line.label == label


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("en\tstop", "four columns"),
        ("en\tnowhere\tx\tyes", "no question 'nowhere'"),
        ("en\twhen\tx\tlast_summer", "nothing to expect at 'when'"),
    ],
)
def test_what_cannot_be_expected_is_told(row: str, told: str) -> None:
    with pytest.raises(UnknownLineError, match=told):
        read_line(row, QUESTIONNAIRE)


@pytest.mark.parametrize("row", ["", "  ", "# a note", "language\tquestion\ttext\texpected"])
def test_empty_lines_notes_and_headings_are_passed_over(row: str) -> None:
    assert read_line(row, QUESTIONNAIRE) is None


def test_what_is_said_at_any_time_is_read_as_an_answer_to_an_ordinary_question() -> None:
    line = read_line("en\t-\tI am in danger\tdanger", QUESTIONNAIRE)

    assert line is not None
    assert {"yes", "no"} <= {option.ref for option in line.question.options}
    assert line.means("danger")
    assert not line.means("hurt")


def test_the_option_that_leads_to_the_same_is_right_too() -> None:
    line = read_line("en\tdanger\tI am in danger\tdanger", QUESTIONNAIRE)

    assert line is not None
    assert line.means("danger")
    assert [option.code for option in line.question.options if line.chooses(option)] == ["danger"]
