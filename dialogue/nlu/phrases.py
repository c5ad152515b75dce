"""What people may say for each label: the words of the catalogs, and phrases listed beside them.

A label is the wire id of an option (`when.lt24h`, `yes`), a command (`stop`), small talk or a word
of danger. `locales/<language>/LC_MESSAGES/chat.po` has the words of options and commands,
`locales/<language>/understanding.yml` further phrases by label.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import yaml
from babel.messages.pofile import read_po

from dialogue.nlu.normalise import normalise

Phrases = Mapping[str, Mapping[str, None]]
"""Normalised phrases by label, in a fixed order."""

_MESSAGE = re.compile(r"(option|command)\.(?P<label>.+?)(\.sms)?")
_ASIDE = re.compile(r"\([^)]*\)")


def read_phrases(locales: Path, labels: Collection[str]) -> Phrases:
    """Read the phrases of all languages, passing over labels of another questionnaire."""
    phrases: dict[str, dict[str, None]] = defaultdict(dict)
    for label, words in _all(locales, labels):
        for phrase in (normalise(words), normalise(_ASIDE.sub(" ", words))):
            if phrase and not phrase.isdigit():
                phrases[label][phrase] = None
    return phrases


def _all(locales: Path, labels: Collection[str]) -> Iterator[tuple[str, str]]:
    for catalog in sorted(locales.glob("*/LC_MESSAGES/chat.po")):
        yield from _of_catalog(catalog, labels)
    for listed in sorted(locales.glob("*/understanding.yml")):
        yield from _of_list(listed, labels)


def _of_catalog(catalog: Path, labels: Collection[str]) -> Iterator[tuple[str, str]]:
    for message in read_po(catalog.read_text("utf-8").splitlines(keepends=True)):
        match = _MESSAGE.fullmatch(str(message.id))
        if match and match["label"] in labels and not message.fuzzy:
            yield match["label"], str(message.string)


def _of_list(listed: Path, labels: Collection[str]) -> Iterator[tuple[str, str]]:
    # The base loader keeps `yes`, `no` and numbers as the words that they are.
    content = yaml.load(listed.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    for label in content.keys() & labels:
        yield from ((label, phrase) for phrase in content[label])
