"""Each kind of slip that a translator can make is named, with language and id."""

from pathlib import Path

import pytest

from locales import Catalogs
from locales.checks import Outline, mistakes, segments, share

REGISTRY = """
en: {name: English, script: Latn, direction: ltr, fallback: null, locale: en, audio: false,
  offered: true}
uk: {name: Українська, script: Cyrl, direction: ltr, fallback: en, locale: uk, audio: false,
  offered: true}
"""
HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"X-Review-Status: unreviewed\\n"
"""
ENGLISH = {
    "ask.when": "How long ago?",
    "option.when.now": "Today",
    "command.stop": "STOP",
    "say.code": "Your number: {code}. {STOP} to leave.",
}
UKRAINIAN = {
    "ask.when": "Коли це було?",
    "option.when.now": "Сьогодні",
    "command.stop": "СТОП",
    "say.code": "Ваш номер: {code}.",
}
OUTLINE = Outline(
    ids=frozenset(ENGLISH),
    questions={"when": ("when.now",)},
    sms=("when",),
    filled={"say.code": frozenset({"code"})},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "languages.yml").write_text(REGISTRY, "utf-8")
    for language, words in (("en", ENGLISH), ("uk", UKRAINIAN)):
        write(tmp_path, language, "chat", words)
        write(tmp_path, language, "dashboard", {})
    return tmp_path


def write(folder: Path, language: str, domain: str, words: dict[str, str]) -> None:
    path = folder / language / "LC_MESSAGES" / f"{domain}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = (f'\nmsgid "{key}"\nmsgstr "{text}"\n' for key, text in words.items())
    path.write_text(HEAD + "".join(entries), "utf-8")


def found(folder: Path) -> list[str]:
    return [str(mistake) for mistake in mistakes(Catalogs.load(folder), OUTLINE)]


def test_languages_that_agree_have_no_mistakes(folder: Path) -> None:
    assert found(folder) == []


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"ask.when": ""}, "uk  ask.when: has no words"),
        ({"say.code": "Ваш номер."}, "uk  say.code: {code} is missing"),
        ({"say.code": "{code} {name}"}, "uk  say.code: {name} is never filled"),
        ({"say.code": "{code} {STOPP}"}, "uk  say.code: there is no command {STOPP}"),
        ({"say.other": "Інше"}, "uk  say.other: nothing asks for these words"),
        (
            {"ask.when": "Коли це було? " * 20},
            "uk  ask.when.sms: takes 5 segments by SMS with its options; 3 at most",
        ),
    ],
)
def test_a_slip_is_named(folder: Path, change: dict[str, str], mistake: str) -> None:
    write(folder, "uk", "chat", {**UKRAINIAN, **change})
    assert found(folder) == [mistake]


def test_a_short_wording_is_each_languages_own_matter(folder: Path) -> None:
    write(folder, "uk", "chat", {**UKRAINIAN, "ask.when.sms": "Коли?"})
    assert found(folder) == []


def test_what_the_questionnaire_needs_must_be_in_english_too(folder: Path) -> None:
    write(folder, "en", "chat", {k: v for k, v in ENGLISH.items() if k != "option.when.now"})
    assert "en  option.when.now: has no words" in found(folder)


def test_an_unfinished_language_is_counted(folder: Path) -> None:
    write(folder, "uk", "chat", {"ask.when": "Коли?"})
    catalogs = Catalogs.load(folder)
    assert share(catalogs, "uk", "chat") == (1, 4)
    assert segments(catalogs, OUTLINE, "en") == {"when": 1}
