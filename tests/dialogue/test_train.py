"""Training: what a model is learnt from, and how well people are understood afterwards."""

import json
import shutil
from pathlib import Path

import pytest

from dialogue import paths, project, slots
from dialogue.fingerprint import fingerprint
from dialogue.flow import State
from dialogue.nlu.normalise import LONGEST, normalise
from dialogue.nlu.phrases import read_phrases
from dialogue.questionnaire import labels, load
from tests.support.dialogue_server import run_dialogue, train

QUESTIONNAIRE = load()
OURS = Path(__file__).parent / "heldout"
"""Typing errors, missing accents, capitals, and lines that mean no option; beside the lines of
`tests/locales/heldout`, which say the same things in other words."""
THEIRS = Path(__file__).parent.parent / "locales" / "heldout"

CATALOG = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "option.when.lt24h"
msgstr "Less than a day (today)"

msgid "option.when.lt24h.sms"
msgstr "Under 24 h"

msgid "option.perp_n.n1"
msgstr "1"

msgid "option.yes"
msgstr ""

msgid "command.stop"
msgstr "STOP"

msgid "say.help"
msgstr "No phrase of a label"

msgid "option.other.thing"
msgstr "Another questionnaire's"
"""


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    catalog = tmp_path / "xx" / "LC_MESSAGES" / "chat.po"
    catalog.parent.mkdir(parents=True)
    catalog.write_text(CATALOG)
    (tmp_path / "xx" / "understanding.yml").write_text(
        "yes: [Oui, ja]\nstop: [Arrête!]\nother.thing: [x]\n"
    )
    return tmp_path


def test_phrases_are_words_of_options_and_commands_and_what_is_listed(locales: Path) -> None:
    phrases = read_phrases(locales, labels(QUESTIONNAIRE))

    assert {label: set(listed) for label, listed in phrases.items()} == {
        "when.lt24h": {"less than a day today", "less than a day", "under 24 h"},
        "stop": {"stop", "arrete"},
        "yes": {"oui", "ja"},
    }


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  ARRÊTEZ !!! ", "arretez"),
        ("J'ai 16 ans", "j ai 16 ans"),
        ("ouiiiii", "oui"),
        ("1000", "1000"),
        ("/stop", "stop"),
        ("／restart", "restart"),  # noqa: RUF001
        ("cœur brûlé", "coeur brule"),
        ("ɗan ƙasa", "dan kasa"),
        ("٢ أَيّامٍ", "2 ايام"),
        ("їжак", "іжак"),
        ("🙂", ""),
    ],
)
def test_what_people_type_is_folded_to_one_spelling(typed: str, folded: str) -> None:
    assert normalise(typed) == folded


def test_only_the_beginning_of_a_long_message_is_looked_at() -> None:
    assert len(normalise("word " * LONGEST)) <= LONGEST


def test_the_form_has_a_slot_for_every_question() -> None:
    domain = project.domain(QUESTIONNAIRE)

    asked = domain["forms"][slots.FORM]["required_slots"]
    assert asked == list(QUESTIONNAIRE.questions)
    assert set(asked) < set(domain["slots"])


def test_examples_are_listed_by_label(locales: Path) -> None:
    phrases = read_phrases(locales, labels(QUESTIONNAIRE))

    examples = {one["intent"]: one["examples"] for one in project.nlu(phrases)["nlu"]}
    assert examples["yes"] == "- oui\n- ja\n"


def test_a_state_survives_its_way_through_the_slots() -> None:
    state = State(
        language="fr",
        answers={"role": ("witness",), "when": ("d4_5",), "when#2": ("dk",), "needs": ("a", "b")},
        asked="landmark#2",
        turn=7,
        safe_word="mango",
    ).to_dict()

    spread = slots.split(state, slots.names(QUESTIONNAIRE))

    assert spread["when"] == {"when": ["d4_5"], "when#2": ["dk"]}
    assert spread[slots.REQUESTED] == "landmark"
    assert slots.join(json.loads(json.dumps(spread))) == state


def test_a_conversation_that_has_not_begun_has_no_state() -> None:
    assert slots.join({}) is None


def test_a_turn_sets_only_the_slots_that_it_changed() -> None:
    names = slots.names(QUESTIONNAIRE)
    before = slots.split(State(answers={"role": ("ngo",), "age": ("pns",)}).to_dict(), names)
    after = slots.split(State(answers={"role": ("ngo",)}, asked="age").to_dict(), names)

    assert slots.changes(before, after) == {
        "age": None,
        slots.REQUESTED: "age",
        slots.REST: after[slots.REST],
    }


def test_a_changed_word_needs_another_model(locales: Path) -> None:
    before = fingerprint(locales)
    with (locales / "xx" / "understanding.yml").open("a") as listed:
        listed.write("no: [non]\n")

    assert fingerprint(locales) != before


def test_a_new_language_needs_another_model(locales: Path) -> None:
    before = fingerprint(locales)
    shutil.copytree(locales / "xx", locales / "yy")

    assert fingerprint(locales) != before


def test_nothing_is_trained_when_nothing_changed() -> None:
    train()
    models = list(paths.MODELS.iterdir())

    again = run_dialogue("dialogue.train")

    assert again.stdout == "dialogue: nothing has changed, the model stays\n"
    assert list(paths.MODELS.iterdir()) == models


@pytest.mark.parametrize("language", ["en", "fr"])
def test_lines_of_ours_were_never_taught(language: str) -> None:
    phrases = read_phrases(paths.LOCALES, labels(QUESTIONNAIRE))
    taught = {phrase for listed in phrases.values() for phrase in listed}

    for line in (OURS / f"{language}.tsv").read_text("utf-8").splitlines():
        assert normalise(line.split("\t")[2]) not in taught, line


@pytest.fixture(scope="module")
def judged() -> dict[Path, dict[str, dict[str, int]]]:
    """How the lines of each folder were understood, by language."""
    train()
    found = {}
    for folder in (OURS, THEIRS):
        done = run_dialogue("dialogue.measure", *map(str, sorted(folder.glob("*.tsv"))))
        assert done.returncode == 0, done.stderr
        found[folder] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("folder", [OURS, THEIRS], ids=["typed carelessly", "other words"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_people_are_mostly_understood_and_rarely_wrongly(
    judged: dict[Path, dict[str, dict[str, int]]], folder: Path, language: str
) -> None:
    verdicts = judged[folder][language]
    lines = sum(verdicts.values())

    assert verdicts["right"] / lines > 0.7, verdicts
    assert verdicts.get("wrong", 0) / lines < 0.06, verdicts


def test_what_means_no_option_is_asked_again(tmp_path: Path) -> None:
    train()
    file = tmp_path / "nothing.tsv"
    lines = [
        line
        for language in ("en", "fr")
        for line in (OURS / f"{language}.tsv").read_text("utf-8").splitlines()
        if line.endswith("\t-")
    ]
    file.write_text("\n".join(lines), "utf-8")

    judged = json.loads(run_dialogue("dialogue.measure", str(file)).stdout)

    assert sum(verdicts.get("right", 0) for verdicts in judged.values()) / len(lines) > 0.9
