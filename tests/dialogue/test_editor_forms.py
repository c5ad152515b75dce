"""An organisation's way: export, change in a spreadsheet, import, check, play."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from pyxform.xls2xform import convert

from dialogue.editor.__main__ import main
from dialogue.editor.export import export
from dialogue.editor.importing import FormError, read
from dialogue.editor.preview import Preview
from dialogue.editor.words import written
from dialogue.paths import SHIPPED
from dialogue.questionnaire import load

MADE = load()
WORDS = written(("en", "fr"))
SURVEY = ("type", "name", "label::English (en)", "label::Kiswahili (sw)", "relevant", "constraint")


def book(path: Path, survey: Iterable[tuple[str, ...]], choices: Iterable[tuple[str, ...]]) -> Path:
    """A form as an organisation writes it."""
    made = Workbook()
    sheet, lists = made.active, made.create_sheet("choices")
    assert sheet is not None
    sheet.title = "survey"
    for row in (SURVEY, *survey):
        sheet.append(row)
    for row in (("list_name", "name", "label::English (en)", "label::Kiswahili (sw)"), *choices):
        lists.append(row)
    made.save(path)
    return path


OWN = [
    ("deviceid", "deviceid"),
    ("begin_group", "water", "Water", "Maji"),
    ("note", "water_note", "Two questions about water.", "Maswali mawili kuhusu maji."),
    ("select_one far", "water_far", "How far?", "Umbali gani?"),
    ("integer", "water_times", "How often?", "Mara ngapi?", "${water_far} = 'hours'", ". < 10"),
    ("end_group",),
]
LISTS = [("far", "minutes", "Minutes", "Dakika"), ("far", "hours", "Hours", "Saa")]


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def test_what_is_exported_is_an_xlsform(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(export(MADE, WORDS, title="Sample"))
    warnings: list[str] = []
    form = convert(path, warnings=warnings).xform
    assert warnings == []
    assert "selected(" in form


def test_an_exported_form_comes_back_as_the_same_file(tmp_path: Path) -> None:
    form, back = tmp_path / "form.xlsx", tmp_path / "back.yml"
    assert run("export", "-o", form) == 0
    assert run("import", form, "-o", back) == 0
    assert back.read_text("utf-8") == SHIPPED.read_text("utf-8")


def test_a_change_in_the_form_is_a_change_of_its_block_alone(tmp_path: Path) -> None:
    form, back = tmp_path / "form.xlsx", tmp_path / "back.yml"
    run("export", "-o", form)
    changed = load_workbook(form)
    rows = changed["survey"]
    at = next(cell.row for cell in rows["B"] if cell.value == "duration_dates")
    rows.delete_rows(at)
    changed.save(form)
    assert run("import", form, "-o", back) == 0
    (tmp_path / "urgency.yml").write_text((SHIPPED.parent / "urgency.yml").read_text("utf-8"))
    made = load(back)
    assert made.version == MADE.version + 1
    assert MADE.questions.keys() - made.questions.keys() == {"duration_dates"}
    assert "# Ethnicity and religion are not asked." in back.read_text("utf-8")
    assert made.detours == MADE.detours


def test_an_organisations_own_form_stands_after_the_incident(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back = tmp_path / "own.yml"
    form = book(tmp_path / "own.xlsx", OWN, LISTS)
    assert run("import", form, "-o", back) == 0
    told = capsys.readouterr().err
    assert "row 2: `deviceid` is left out: it tells who the person is" in told
    assert "row 6: `water_times` is asked as a short text" in told
    assert "row 6: `constraint` is not taken" in told
    (tmp_path / "urgency.yml").write_text((SHIPPED.parent / "urgency.yml").read_text("utf-8"))
    made = load(back)
    ids = [block.id for block in made.order]
    assert ids[ids.index("incident") + 1] == "water"
    assert made.questions["water_far"].says == "water_note"
    assert [option.code for option in made.questions["water_far"].options] == [
        "minutes",
        "hours",
        "dk",
        "pns",
    ]
    assert "Maswali mawili" in (tmp_path / "own.sw.po").read_text("utf-8")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (("range", "n", "How much?"), "row 2: `range` can't be asked in a chat"),
        (("text", "Name", "?"), "row 2: `Name` is no id: lower letters, digits and _"),
        (
            ("text", "more", "?", "", "${when} = 'never'"),
            "row 2: `when` has no option `never`",
        ),
    ],
)
def test_rows_that_cannot_be_asked_are_explained(
    row: tuple[str, ...], what: str, tmp_path: Path
) -> None:
    when = ("select_one when", "when", "When?") if "${when}" in "".join(row) else ("text", "a", "?")
    rows = [row, when] if "${when}" not in "".join(row) else [when, row]
    expected = what if "${when}" not in "".join(row) else what.replace("row 2", "row 3")
    form = book(tmp_path / "own.xlsx", rows, [("when", "now", "Now"), *LISTS])
    with pytest.raises(FormError) as refused:
        read(form, MADE)
    assert expected in str(refused.value)


def test_what_is_no_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.xlsx"
    path.write_text("Dear all")
    with pytest.raises(FormError):
        read(path, MADE)


def test_a_preview_speaks_the_words_and_tells_what_would_happen() -> None:
    preview = Preview(MADE, WORDS)
    first = list(preview.lines("hello"))
    assert f"  1 {WORDS['en']['option.language.en']}" in first
    shown = list(preview.lines("Français"))
    assert any(WORDS["fr"]["option.yes"] in line for line in shown)
    for typed in ("1", "1", "1", "1", "5"):
        shown = list(preview.lines(typed))
    assert WORDS["fr"]["ask.c1"].split("\n")[0] in "\n".join(shown)
    shown = list(preview.lines("Oui"))
    assert any(line.startswith("  → give_consent") for line in shown)
