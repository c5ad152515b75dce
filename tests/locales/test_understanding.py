"""The phrases that teach the dialogue, and those kept apart to measure what it learnt."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from dialogue.nlu.normalise import normalise
from dialogue.questionnaire import Question, labels, load
from dialogue.questionnaire.messages import COMMANDS, INTENTS, SAFETY
from locales.catalogs import HERE
from locales.languages import read_registry
from locales.pofile import read_domain

QUESTIONNAIRE = load()
LABELS = labels(QUESTIONNAIRE)
LANGUAGES = tuple(read_registry(HERE / "languages.yml"))
ALWAYS = frozenset({*COMMANDS, *INTENTS, *SAFETY})
"""Labels that can be meant whatever is asked."""
COMMAND_WORD_ALONE = "return"
"""Only its one word brings a hidden chat back: a guess by whoever holds the phone must not."""
HELD_OUT = Path(__file__).parent / "heldout"


def phrases(language: str) -> dict[str, list[str]]:
    """The lists of one language; the base loader keeps `yes` and `no` as the words they are."""
    text = (HERE / language / "understanding.yml").read_text("utf-8")
    content: dict[str, list[str]] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    return content


def catalog_words(language: str) -> Iterator[tuple[str, str]]:
    for message_id, words in read_domain(HERE / language / "LC_MESSAGES/chat.po").messages.items():
        kind, _, label = message_id.removesuffix(".sms").partition(".")
        if kind in {"option", "command"}:
            yield label, words.forms[0]


def taught() -> dict[str, set[str]]:
    """Every normalised phrase of every language, with the labels that it stands for."""
    known: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        for label, listed in phrases(language).items():
            for phrase in listed:
                known[normalise(phrase)].add(label)
        for label, words in catalog_words(language):
            known[normalise(words)].add(label)
    return known


TAUGHT = taught()


def held_out(language: str) -> list[list[str]]:
    lines = (HELD_OUT / f"{language}.tsv").read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_belongs_to_a_label_of_the_questionnaire(language: str) -> None:
    assert phrases(language).keys() <= LABELS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_is_taught_in_every_language(language: str) -> None:
    listed = phrases(language)
    assert LABELS - listed.keys() == {COMMAND_WORD_ALONE}
    for label, few in listed.items():
        least = 12 if label in ALWAYS else 4
        assert len(few) >= least, label
        assert len({normalise(phrase) for phrase in few}) == len(few), label
        assert all(normalise(phrase) for phrase in few), label


@pytest.mark.parametrize("question", QUESTIONNAIRE.questions.values(), ids=lambda one: one.id)
def test_no_phrase_means_two_things_in_one_question(question: Question) -> None:
    options = {option.ref: set(option.means) for option in question.options}
    possible = options.keys() | ALWAYS
    for phrase, meant in TAUGHT.items():
        here = meant & possible
        same = any(here <= {ref, *means} for ref, means in options.items())
        assert len(here) <= 1 or same, (phrase, sorted(here))


def test_words_of_danger_are_whole_phrases() -> None:
    # They are looked for inside longer messages too, where a single word would be a false alarm.
    for language in LANGUAGES:
        for label in SAFETY:
            for phrase in phrases(language)[label]:
                assert len(phrase.split()) >= 3 or normalise(phrase) == "suicide", phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_held_out_lines_name_a_question_and_a_label_that_it_can_have(language: str) -> None:
    lines = held_out(language)
    assert len(lines) >= 150
    for code, question, text, label in lines:
        assert code == language
        assert text.strip()
        if question == "-":
            assert label in ALWAYS, text
        else:
            refs = {option.ref for option in QUESTIONNAIRE.questions[question].options}
            assert label in refs | ALWAYS, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_held_out_lines_were_never_taught(language: str) -> None:
    bags = {tuple(sorted(phrase.split())) for phrase in TAUGHT}
    for _, _, text, _ in held_out(language):
        assert tuple(sorted(normalise(text).split())) not in bags, text
    texts = [(question, normalise(text)) for _, question, text, _ in held_out(language)]
    assert len(set(texts)) == len(texts)
