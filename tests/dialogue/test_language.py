"""The language of some words: a suggestion that had better be right, or none."""

from pathlib import Path

import pytest

from dialogue.language import Detector
from dialogue.paths import LOCALES

HELD_OUT = Path(__file__).parent / "heldout"
DETECTOR = Detector.read(LOCALES)


def utterances(language: str) -> list[str]:
    """What nobody has taught it, of two words at least."""
    lines = (HELD_OUT / f"{language}.tsv").read_text("utf-8").splitlines()
    texts = (line.split("\t")[2] for line in lines if line.count("\t") >= 3)
    return [text for text in texts if len(text.split()) >= 2]


@pytest.mark.parametrize("language", sorted(DETECTOR.groups))
def test_it_knows_the_languages_that_it_has_words_of(language: str) -> None:
    found = [DETECTOR(text) for text in utterances(language)]
    assert found.count(language) / len(found) > 0.85
    assert sum(one not in {language, ""} for one in found) / len(found) < 0.05


@pytest.mark.parametrize("text", ["", "bonjour", "12 34", "xkcd qwrt zzzp", "?? !!", "😀 😀"])
def test_too_few_or_strange_words_tell_nothing(text: str) -> None:
    assert DETECTOR(text) == ""


def test_without_catalogs_nothing_is_suggested(tmp_path: Path) -> None:
    assert Detector.read(tmp_path)("good morning to you") == ""
