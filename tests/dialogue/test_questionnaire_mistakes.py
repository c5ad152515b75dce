"""A mistake in the file is an error that names the line and the reason."""

from pathlib import Path

import pytest

from dialogue.questionnaire import SHIPPED, QuestionnaireError, message_ids, parse

TEXT = SHIPPED.read_text("utf-8")
RULES = SHIPPED.with_name("urgency.yml").read_text("utf-8")

MISTAKES = [
    ("        kind: date", "        kind: day", "`kind` is `day`"),
    ("      - id: time_of_day", "      - id: when", "a question `when` already"),
    ("      - id: time_of_day", "      - id: Time", "is no id"),
    ("        kind: date", "        kind: date\n        wehn: kept", "no `wehn`"),
    ("        kind: date", "        kind: date\n        kind: date", "stands here twice"),
    ("{duration: held}", "{duration: hold}", "`duration` has no option `hold`"),
    ("{duration: held}", "{durtion: held}", "no question `durtion`"),
    ("{duration: held}", "{needs: legal}", "no question `needs` comes before"),
    ("{duration: held}", "{all: [{duration: held}, {duration: once}]}", "can never be asked"),
    ("{duration: held}", "heldd", "no condition `heldd`"),
    ("  kept: {c1: yes}", "  kept: {all: [kept]}", "leads back to itself"),
    ("[once, repeated, held]", "[once, once, held]", "has `once` twice"),
    ("[once, repeated, held]", "[once, skip, held]", "can only stand in a menu"),
    ("[once, repeated, held]", "[once, when.lt25h, held]", "no earlier question has"),
    ("        options: [once, repeated, held]\n", "", "has options"),
    ("        then: pause\n        options: [none", "        then: rest\n        options: [none",
     "no detour block"),
    ("{says: clothing_care}", "{says: cloths}", "not listed under `says:`"),
    ("  thanks: A short", "  thankz: A short", "the program says `thanks`"),
    ("  thanks: A", "  merci: Thanks.\n  thanks: A", "nothing says it"),
    ("{hours: 336}", "{hours: soon}", "must be a whole number"),
    ("    repeat: 3", "    repeat: often", "must be a whole number"),
    ("options: [no, yes]\n\n  # Help", "options: [no]\n\n  # Help", "must end with a menu"),
    ("options: [languages]", "options: [languages, other]", "must be `[languages]`"),
    ("urgency: urgency.yml ", "urgency: urgent.yml ", "no file `urgent.yml`"),
    ("          - yes: {does: submit}", "          - yes: {does: sumbit}", "`does` is `sumbit`"),
    ("version: 1", "version: 0", "must be there"),
    ("  - id: entry", "  - id: [entry", "not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "reason"), MISTAKES)
def test_a_mistake_is_named_with_its_line(right: str, wrong: str, reason: str) -> None:
    assert right in TEXT
    with pytest.raises(QuestionnaireError, match=r"^line \d+: ") as caught:
        parse(TEXT.replace(right, wrong, 1))
    assert reason in str(caught.value)


def test_the_line_is_the_one_to_look_at() -> None:
    line = TEXT[: TEXT.index("{duration: held}")].count("\n") + 1
    with pytest.raises(QuestionnaireError, match=f"^line {line}: "):
        parse(TEXT.replace("{duration: held}", "{duration: hold}"))


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("    rank: P0\n    hours: 72", "    rank: P7\n    hours: 72", "`rank` is `P7`"),
        ("    hours: 72", "    hours: soon", "must be a whole number"),
        ("    hours: 72", "    hours: 72\n    windows: {pep: 72}", "not both"),
        ("hepatitis_b_soon: 24", "hepatitis_b_soon: 0", "for an hour at least"),
        ("hepatitis_b_soon: 24", "pep: 24", "another rule's name"),
        ("{danger: [danger, both]}", "{danger: [dangr, both]}", "has no option `dangr`"),
        ("    source: CDC 2010 table 5\n", "", "needs `source`"),
        ("  - id: hurt\n    version: 1\n", "  - id: hurt\n", "needs `version`"),
        ("  - id: hurt", "  - id: danger", "a rule `danger` already"),
        ("    tell: medical", "    tell: medicine", "not listed under `says:`"),
    ],
)
def test_a_mistake_in_the_rules_names_their_file_and_line(
    right: str, wrong: str, reason: str, tmp_path: Path
) -> None:
    assert right in RULES
    (tmp_path / "urgency.yml").write_text(RULES.replace(right, wrong, 1), "utf-8")
    with pytest.raises(QuestionnaireError, match=r"^urgency\.yml, line \d+: ") as caught:
        parse(TEXT, tmp_path)
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a list", "just words"])
def test_what_is_no_questionnaire_is_refused(text: str) -> None:
    with pytest.raises(QuestionnaireError):
        parse(text)


def test_all_mistakes_are_told_at_once_and_none_that_only_follows() -> None:
    wrong = (
        TEXT.replace("        kind: date", "        kind: day", 1)
        .replace("{duration: held}", "{duration: hold}", 1)
        .replace("{says: clothing_care}", "{sayz: clothing_care}", 1)
    )
    with pytest.raises(QuestionnaireError) as caught:
        parse(wrong)
    told = caught.value.lines
    assert len(told) == 3, told
    assert [line.split(": ", 1)[1][:12] for line in told] == [
        "`kind` is `d",
        "`duration` h",
        "option `clot",
    ]


HISTORY = """
history:
  - version: 2
    renamed: {perp_type.bandits: perp_type.gang, place_words: landmark}
    retired: {weather: [sun, rain], notes: []}
"""
SECOND = TEXT.replace("version: 1", "version: 2", 1)


def test_history_names_what_only_older_reports_answer() -> None:
    made = parse(SECOND + HISTORY)
    assert made.retired == {"weather": ("sun", "rain"), "notes": ()}
    ids = message_ids(made)
    assert {"name.weather", "name.notes"} <= ids.staff
    assert {"option.weather.sun", "option.weather.rain"} <= ids.chat


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("version: 2", "version: 3", "knows version 3, but this is 2"),
        ("perp_type.bandits:", "perp_type.army:", "renames `perp_type.army`, which is asked still"),
        ("perp_type.gang,", "perp_type.thieves,", "to `perp_type.thieves`, which is not there"),
        ("{weather:", "{landmark:", "retires `landmark`, which is asked still"),
        ("retired:", "gone:", "a change has no `gone`"),
    ],
)
def test_a_history_that_leads_nowhere_is_refused(right: str, wrong: str, reason: str) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        parse(SECOND + HISTORY.replace(right, wrong, 1))
    assert reason in "\n".join(caught.value.lines)
