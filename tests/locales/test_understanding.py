"""The phrases that teach the dialogue to understand, in every language that has them."""

from collections import defaultdict
from pathlib import Path

import pytest

from dialogue.nlu.lexicon import LexiconError
from dialogue.nlu.normalise import normalise
from dialogue.nlu.phrases import NOTHING, PhrasesError, read_all, read_lexicon, read_listed
from dialogue.project import taught_labels
from dialogue.questionnaire import Question, labels, load
from dialogue.questionnaire.messages import COMMANDS, INTENTS, SAFETY
from locales.catalogs import HERE

QUESTIONNAIRE = load()
LISTS = read_all(HERE)
LANGUAGES = ("ar", "en", "fr", "ha", "ru", "rw", "sw", "uk")
ALWAYS = frozenset({*COMMANDS, *INTENTS, *SAFETY})
"""Labels that can be meant whatever is asked."""
UNMISTAKABLE = frozenset({"stop", "hide", "delete", *SAFETY})
COMMAND_WORD_ALONE = "return"
"""Only its one word brings a hidden chat back: a guess by whoever holds the phone must not."""


def taught() -> dict[str, set[str]]:
    """Every normalised phrase of every language, with the labels that it stands for."""
    known: dict[str, set[str]] = defaultdict(set)
    for listed in LISTS.values():
        for label, phrases in listed.phrases.items():
            for phrase in phrases:
                known[normalise(phrase)].add(label)
    return known


TAUGHT = taught()


def test_the_languages_are_listed() -> None:
    assert tuple(LISTS) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_belongs_to_a_label_of_the_questionnaire(language: str) -> None:
    assert LISTS[language].phrases.keys() <= taught_labels(QUESTIONNAIRE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_is_taught_in_every_language(language: str) -> None:
    listed = LISTS[language].phrases
    assert labels(QUESTIONNAIRE) - listed.keys() == {COMMAND_WORD_ALONE}
    for label in ALWAYS - {COMMAND_WORD_ALONE}:
        assert len(listed[label]) >= 10, label
    for label in SAFETY:
        assert len(listed[label]) >= 30, label
    assert len(listed[NOTHING]) >= 20
    for label, phrases in listed.items():
        assert all(normalise(phrase) for phrase in phrases), label


@pytest.mark.parametrize("question", QUESTIONNAIRE.questions.values(), ids=lambda one: one.id)
def test_no_phrase_means_two_options_of_one_question(question: Question) -> None:
    refs = {option.ref for option in question.options}
    for phrase, meant in TAUGHT.items():
        assert len(meant & refs) <= 1, (phrase, sorted(meant & refs))


def test_what_stops_hides_deletes_or_alarms_means_nothing_else() -> None:
    # "I am bleeding" chosen where it is an option is as urgent as said unasked.
    same = {"danger.danger", "danger.hurt", "urgent.bleeding", "suicide_now.not_safe"}
    for phrase, meant in TAUGHT.items():
        if meant & UNMISTAKABLE:
            assert len(meant - same) == 1, (phrase, sorted(meant))


def test_words_are_known_by_what_they_mean_in_any_language() -> None:
    lexicon = read_lexicon(LISTS)

    assert lexicon.numbers["twenty"] == lexicon.numbers["ashirin"] == 20
    assert lexicon.moments["вчора"] == lexicon.moments["yesterday"]
    assert lexicon.units["siku"] == lexicon.units["jours"] == 24


WORDS = """words:
  numbers: {one: 1}
  moments: {}
  hours: []
  days: []
  weeks: []
  months: []
  years: []
  and: []
  few: []
  ago: []
  over: []
  under: []
  not: []
  frames: ["please {}"]
"""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- stop\n", "must be lists of phrases by label"),
        (f"{WORDS}Stop now: [halt]\n", "'Stop now' is no label"),
        (f"{WORDS}stop: halt\n", "must be a list of phrases"),
        (f"{WORDS}stop: [halt: now]\n", "is no phrase"),
    ],
)
def test_a_list_is_read_strictly(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "understanding.yml"
    file.write_text(content)
    with pytest.raises(PhrasesError, match=told):
        read_listed(file)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("stop: [halt]\n", "needs exactly its sections"),
        (WORDS.replace("  not: []\n", ""), "needs exactly its sections: \\['not'\\]"),
        (WORDS.replace("one: 1", "one: uno"), "numbers: one needs a number"),
        (WORDS.replace("please {}", "please"), "needs one {}"),
    ],
)
def test_words_are_read_strictly(tmp_path: Path, changed: str, told: str) -> None:
    folder = tmp_path / "xx"
    folder.mkdir()
    (folder / "understanding.yml").write_text(changed)
    with pytest.raises(LexiconError, match=told):
        read_lexicon(read_all(tmp_path))
