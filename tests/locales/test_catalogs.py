import hashlib
import logging
from datetime import date
from pathlib import Path

import pytest

from locales import CatalogError, Catalogs

ENGLISH = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"X-Review-Status: reviewed\\n"
"X-Reviewed-By: A. Practitioner\\n"
"X-Reviewed-On: 2026-03-14\\n"

msgid "ask.when"
msgstr "How long ago was it?"

msgid "ask.when.sms"
msgstr "How long ago?"

msgid "say.code"
msgstr "Your number: {code}. {STOP} to leave."

msgid "say.files"
msgid_plural "say.files"
msgstr[0] "{count} file"
msgstr[1] "{count} files"

msgid "say.neutral"
msgstr "Please try again."

msgid "command.stop"
msgstr "STOP"

msgid "command.stop.sms"
msgstr "LEAVE"
"""

# Kanuri: CLDR does not know it. An invented plural rule with three forms shows whose rule counts.
KANURI = """
msgid ""
msgstr ""
"Language: kr\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n == 1 ? 0 : n == 2 ? 1 : 2);\\n"
"X-Review-Status: unreviewed\\n"

msgid "ask.when"
msgstr "kr when"

msgid "say.code"
msgstr ""

msgid "say.files"
msgid_plural "say.files"
msgstr[0] "kr one"
msgstr[1] "kr two"
msgstr[2] "kr {count}"
"""

ARABIC = """
msgid ""
msgstr ""
"Language: ar\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"
"X-Review-Status: unreviewed\\n"

msgid "say.files"
msgid_plural "say.files"
msgstr[0] "ar zero"
msgstr[1] "ar one"
msgstr[2] "ar two"
msgstr[3] "ar few {count}"
msgstr[4] "ar many {count}"
msgstr[5] "ar other {count}"

#, fuzzy
msgid "ask.when"
msgstr "a guess that nobody checked"
"""  # noqa: E501 - a header line cannot be broken

REGISTRY = """
en: {name: English, script: Latn, direction: ltr, fallback: null, locale: en, audio: false, offered: true}
kr: {name: Kanuri, script: Latn, direction: ltr, fallback: ar, locale: ha, audio: true, offered: true}
ar: {name: العربية, script: Arab, direction: rtl, fallback: en, locale: ar_EG, audio: false, offered: false}
"""  # noqa: E501 - one language, one line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, en=ENGLISH, kr=KANURI, ar=ARABIC)
    return tmp_path


@pytest.fixture
def catalogs(folder: Path) -> Catalogs:
    return Catalogs.load(folder)


def write(folder: Path, registry: str = REGISTRY, **catalogs: str) -> None:
    (folder / "languages.yml").write_text(registry, "utf-8")
    for code, content in catalogs.items():
        home = folder / code / "LC_MESSAGES"
        home.mkdir(parents=True, exist_ok=True)
        (home / "chat.po").write_text(content, "utf-8")


def test_words_are_found_by_language_and_id(catalogs: Catalogs) -> None:
    assert catalogs.text("kr", "ask.when") == "kr when"


def test_sms_prefers_its_own_wording(catalogs: Catalogs) -> None:
    assert catalogs.text("en", "ask.when", sms=True) == "How long ago?"
    assert catalogs.text("en", "say.neutral", sms=True) == "Please try again."


def test_the_persons_language_goes_before_the_short_wording_of_another(catalogs: Catalogs) -> None:
    assert catalogs.text("kr", "ask.when", sms=True) == "kr when"


def test_a_missing_message_falls_back_along_the_chain_to_english(catalogs: Catalogs) -> None:
    assert catalogs.text("kr", "say.code", code="1234") == "Your number: 1234. STOP to leave."


def test_a_fuzzy_message_counts_as_missing(catalogs: Catalogs) -> None:
    assert catalogs.text("ar", "ask.when") == "How long ago was it?"
    assert not catalogs.has("ar", "ask.when")


def test_a_language_that_is_not_registered_is_answered_in_english(catalogs: Catalogs) -> None:
    assert catalogs.text("xx", "ask.when") == "How long ago was it?"
    assert catalogs.language("xx").code == "en"


def test_capitals_stand_for_the_word_that_a_person_types(catalogs: Catalogs) -> None:
    assert catalogs.text("en", "say.code", sms=True, code="1") == "Your number: 1. LEAVE to leave."


def test_braces_in_a_value_stay_as_they_are(catalogs: Catalogs) -> None:
    assert catalogs.text("en", "say.code", code="{STOP}") == "Your number: {STOP}. STOP to leave."


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [
        ("en", 1, "1 file"),
        ("en", 1200, "1,200 files"),
        ("kr", 2, "kr two"),
        ("kr", 7, "kr 7"),
        ("ar", 0, "ar zero"),
        ("ar", 5, "ar few 5"),
        ("ar", 100, "ar other 100"),
    ],
)
def test_counts_pick_the_languages_own_form(
    catalogs: Catalogs, language: str, count: int, words: str
) -> None:
    assert catalogs.text(language, "say.files", count=count) == words


def test_an_unknown_id_gives_a_neutral_sentence_and_logs_the_id_alone(
    catalogs: Catalogs, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert catalogs.text("en", "say.nothing", name="Amina") == "Please try again."
    assert caplog.messages == ["words missing: say.nothing"]


def test_a_value_that_was_not_given_gives_the_neutral_sentence(catalogs: Catalogs) -> None:
    assert catalogs.text("en", "say.code") == "Please try again."


def test_strict_catalogs_raise_instead(folder: Path) -> None:
    strict = Catalogs.load(folder, strict=True)
    with pytest.raises(CatalogError, match=r"say\.nothing"):
        strict.text("en", "say.nothing")
    with pytest.raises(CatalogError, match=r"say\.code.*code"):
        strict.text("en", "say.code")


def test_missing_words_are_told_by_language(catalogs: Catalogs) -> None:
    assert catalogs.missing(["ask.when", "say.code"]) == {
        "kr": ("say.code",),
        "ar": ("ask.when", "say.code"),
    }


def test_the_hash_is_of_the_words_that_were_shown(catalogs: Catalogs) -> None:
    shown = hashlib.sha256(b"How long ago?").hexdigest()
    assert catalogs.text_hash("en", "ask.when", sms=True) == shown
    assert catalogs.text_hash("en", "ask.when") != shown
    assert catalogs.text_hash("ar", "ask.when", sms=True) == shown


def test_there_is_no_hash_of_words_that_nobody_read(catalogs: Catalogs) -> None:
    with pytest.raises(CatalogError):
        catalogs.text_hash("en", "say.nothing")


def test_only_offered_languages_are_in_the_menu(catalogs: Catalogs) -> None:
    assert catalogs.languages() == ("en", "kr")


def test_the_registry_tells_direction_and_locale(catalogs: Catalogs) -> None:
    assert catalogs.language("ar").direction == "rtl"
    assert catalogs.language("kr").cldr.language == "ha"


def test_a_review_names_who_and_when(catalogs: Catalogs) -> None:
    review = catalogs.review("en")
    assert (review.reviewed, review.reviewer) == (True, "A. Practitioner")
    assert review.on == date(2026, 3, 14)
    assert not catalogs.review("kr").reviewed


@pytest.mark.parametrize(
    "header",
    [
        "",
        '"X-Review-Status: fine\\n"',
        '"X-Review-Status: reviewed\\n"',
        '"X-Review-Status: reviewed\\n"\n"X-Reviewed-By: A\\n"\n"X-Reviewed-On: lately\\n"',
    ],
)
def test_nothing_passes_as_reviewed_without_a_reviewer_and_a_date(
    folder: Path, header: str
) -> None:
    write(folder, en=f'msgid ""\nmsgstr ""\n{header}\n\nmsgid "a"\nmsgstr "a"\n')
    with pytest.raises(CatalogError, match=r"en/LC_MESSAGES/chat\.po"):
        Catalogs.load(folder)


def test_a_broken_catalog_stops_the_program_with_its_name(folder: Path) -> None:
    write(folder, kr='msgid "a\nmsgstr "b"\n')
    with pytest.raises(CatalogError, match=r"kr/LC_MESSAGES/chat\.po"):
        Catalogs.load(folder)


@pytest.mark.parametrize(
    "registry",
    [
        REGISTRY.replace("fallback: en", "fallback: kr"),
        REGISTRY.replace("fallback: en", "fallback: null"),
        REGISTRY.replace("fallback: en", "fallback: ff"),
        REGISTRY.replace(", audio: true", ""),
        REGISTRY.replace("audio: true", "sound: true"),
    ],
    ids=["circle", "not English", "unregistered", "field missing", "field unknown"],
)
def test_a_wrong_registry_stops_the_program(folder: Path, registry: str) -> None:
    write(folder, registry)
    with pytest.raises(CatalogError):
        Catalogs.load(folder)
