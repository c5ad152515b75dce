"""Whole conversations in every language, each on the phones that people of that language have.

What is typed, and what the program says to it, stands in `conversations/`, a file a language.
"""

from collections.abc import Iterator

import pytest

from locales import Catalogs
from tests.support.plays import Play, Wording, all_plays, perform
from tests.support.running import Running

PLAYS = all_plays()
CHANNELS = {"sms", "whatsapp", "telegram"}
IN_EVERY_LANGUAGE = {
    "say.about",
    "say.awake",
    "say.code",
    "say.not_understood",
    "ask.needs",
    "ask.c2",
    "ask.send",
}
"""Reading, hiding, agreeing, being misunderstood, what is needed, sharing, sending."""


@pytest.fixture(scope="module")
def program() -> Iterator[Running]:
    """One of their own: these reports must not be in the doctor's way in other journeys."""
    with Running.started() as program:
        yield program


@pytest.fixture(scope="module")
def catalogs() -> Catalogs:
    return Catalogs.load(country="cd")


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: f"{play.language}-{play.channel}")
def test_the_phone_shows_what_is_meant_in_the_persons_words(
    program: Running, catalogs: Catalogs, play: Play
) -> None:
    wording = Wording(catalogs=catalogs, channel=play.channel)
    number = f"+999700{PLAYS.index(play):03d}"
    for scene in perform(play, gateway=program.gateway, number=number):
        said, shown = scene.line.said, scene.shown
        texts = [one.text for one in shown]
        assert wording.agrees(shown, said), f"{scene.line.typed}: not {said}, but {texts}"
        assert wording.labels_agree(shown, said), f"{scene.line.typed}: {shown}"


@pytest.mark.parametrize("language", Catalogs.load().languages())
def test_a_language_is_played_through(language: str) -> None:
    said = {
        one.id
        for play in PLAYS
        if play.language == language
        for line in play.lines
        for one in line.said
    }
    assert said >= IN_EVERY_LANGUAGE
    assert any(one.startswith("say.info.") for one in said)
    assert any(one.startswith("say.submitted") for one in said)


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_a_phone_is_used_in_several_languages(channel: str) -> None:
    assert len({play.language for play in PLAYS if play.channel == channel}) > 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_two_languages_are_played_on_every_phone(language: str) -> None:
    assert {play.channel for play in PLAYS if play.language == language} == CHANNELS
