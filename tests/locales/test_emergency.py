"""Numbers to call: verified lately, or not shown."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from locales import CatalogError
from locales.emergency import HERE, Numbers

TODAY = date(2026, 3, 14)
HALF_A_YEAR = timedelta(days=180)
ENTRY = """
- helps: [medical, danger]
  number: "112"
  name: {en: Emergency line, fr: Urgences}
  verified: 2026-03-01
  source: called by the coordinator
"""
OLD = ENTRY.replace("2026-03-01", "2025-03-01").replace("112", "911")
FUTURE = ENTRY.replace("2026-03-01", "2026-04-01").replace("112", "118")
SAMPLE = ENTRY.replace("112", "000 001") + "  sample: true\n"


def numbers(folder: Path, text: str, *, samples: bool = False) -> Numbers:
    (folder / "cd.yml").write_text(text, "utf-8")
    return Numbers.load("CD", good_for=HALF_A_YEAR, samples=samples, folder=folder)


def test_a_number_is_shown_with_its_name_in_the_persons_language(tmp_path: Path) -> None:
    found = numbers(tmp_path, ENTRY)
    assert found.kinds(TODAY) == ("danger", "medical", "all")
    assert found.lines("medical", "fr", TODAY) == "Urgences: 112"
    assert found.lines("all", "rw", TODAY) == "Emergency line: 112"


def test_what_nobody_has_verified_lately_is_hidden(tmp_path: Path) -> None:
    found = numbers(tmp_path, ENTRY + OLD + FUTURE)
    assert found.lines("medical", "en", TODAY) == "Emergency line: 112"
    assert found.kinds(date(2026, 10, 1)) == ()


def test_samples_are_shown_on_request_alone(tmp_path: Path) -> None:
    assert numbers(tmp_path, SAMPLE).kinds(TODAY) == ()
    assert numbers(tmp_path, SAMPLE, samples=True).kinds(TODAY) == ("danger", "medical", "all")


def test_without_a_country_there_are_none() -> None:
    assert Numbers.load(None, good_for=HALF_A_YEAR, samples=True).kinds(TODAY) == ()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("medical", "medicine"),
        ('"112"', '"one one two"'),
        ("2026-03-01", "lately"),
        ("en: Emergency line, ", ""),
        ("  source: called by the coordinator\n", ""),
        ("source", "sauce"),
        ("- helps", "helps"),
    ],
)
def test_a_mistake_is_named(right: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"^cd\.yml"):
        numbers(tmp_path, ENTRY.replace(right, wrong, 1))


def test_a_country_without_a_file_stops_the_program() -> None:
    with pytest.raises(CatalogError, match=r"^xx\.yml"):
        Numbers.load("XX", good_for=HALF_A_YEAR, samples=False)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.yml")), ids=lambda path: path.stem)
def test_what_is_shipped_is_marked_as_made_up(path: Path) -> None:
    found = Numbers.load(path.stem, good_for=HALF_A_YEAR, samples=True)
    assert all(one.sample and "SAMPLE" in one.name["en"] for one in found.entries)
