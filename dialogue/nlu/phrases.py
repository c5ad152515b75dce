"""What people may say for each label: the words of the catalogs, and phrases listed beside them.

A label is the wire id of an option (`when.lt24h`, `yes`), a command (`stop`), small talk or a word
of danger. `locales/<language>/LC_MESSAGES/chat.po` has the words of options and commands,
`locales/<language>/understanding.yml` further phrases by label, lists that several labels `share`,
and the `words` that mean a number, a time or "not".
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from babel.messages.pofile import read_po

from dialogue.nlu.lexicon import Lexicon
from dialogue.nlu.normalise import normalise

Phrases = Mapping[str, Mapping[str, str]]
"""The language of each normalised phrase of each label, in a fixed order."""

WORDS, SHARED, FRAMES = "words", "shared", "frames"
IN = "@"
"""Stands between label and language in what Rasa takes for an intent."""
NOTHING = "nothing"
"""The label under which is listed what means none of all."""
_MESSAGE = re.compile(r"(option|command)\.(?P<label>.+?)(\.sms)?")
_LABEL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?")
_ASIDE = re.compile(r"\([^)]*\)")


class PhrasesError(Exception):
    """A list of phrases is not as it should be; names the file and the place."""


@dataclass(frozen=True)
class Listed:
    """One language's `understanding.yml`."""

    phrases: Mapping[str, tuple[str, ...]]
    words: Mapping[str, Any]
    """Empty in a deployment's own list, which adds phrases to a language that is known."""

    @property
    def frames(self) -> tuple[str, ...]:
        """What people say around an answer."""
        return tuple(self.words[FRAMES])


def read_listed(file: Path) -> Listed:
    """Read one list; raises `PhrasesError` where it is not as it should be."""
    # The base loader keeps `yes`, `no` and numbers as the words that they are.
    content = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    if not isinstance(content, dict):
        raise PhrasesError(f"{file}: must be lists of phrases by label")
    words = content.pop(WORDS, {})
    content.pop(SHARED, None)
    for label in content:
        if not _LABEL.fullmatch(label):
            raise PhrasesError(f"{file}: {label!r} is no label")
    phrases = {
        label: tuple(dict.fromkeys(_flat(f"{file}: {label}", listed)))
        for label, listed in content.items()
    }
    return Listed(phrases, words)


def _flat(place: str, listed: Any) -> Iterator[str]:
    if not isinstance(listed, list):
        raise PhrasesError(f"{place}: must be a list of phrases")
    for one in listed:
        if isinstance(one, list):
            yield from _flat(place, one)
        elif isinstance(one, str):
            yield one
        else:
            raise PhrasesError(f"{place}: {one!r} is no phrase; words with a colon need quotes")


def read_all(locales: Path) -> dict[str, Listed]:
    """The lists of all languages that have one."""
    return {
        file.parent.name: read_listed(file) for file in sorted(locales.glob("*/understanding.yml"))
    }


def read_lexicon(lists: Mapping[str, Listed]) -> Lexicon:
    """The words of all languages."""
    return Lexicon.read({language: listed.words for language, listed in lists.items()})


def read_phrases(folders: Iterable[Path], labels: Collection[str]) -> Phrases:
    """Read the phrases of all languages, passing over labels of another questionnaire."""
    phrases: dict[str, dict[str, str]] = defaultdict(dict)
    for language, label, words in (one for folder in folders for one in _all(folder)):
        if label in labels:
            for phrase in (normalise(words), normalise(_ASIDE.sub(" ", words))):
                if phrase and not phrase.isdigit():
                    phrases[label].setdefault(phrase, language)
    return phrases


def _all(locales: Path) -> Iterator[tuple[str, str, str]]:
    for catalog in sorted(locales.glob("*/LC_MESSAGES/chat.po")):
        for message in read_po(catalog.read_text("utf-8").splitlines(keepends=True)):
            match = _MESSAGE.fullmatch(str(message.id))
            if match and not message.fuzzy:
                yield catalog.parent.parent.name, match["label"], str(message.string)
    for language, listed in read_all(locales).items():
        for label, phrases in listed.phrases.items():
            yield from ((language, label, phrase) for phrase in phrases)
