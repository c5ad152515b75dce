"""Strict reading of one section: what is expected is taken, what is left over is an error."""

from collections.abc import Callable
from typing import TypeVar

from dialogue.questionnaire.reader import Items, Mistakes, QuestionnaireError, Section, Value, Word

T = TypeVar("T")


class Fields:
    """The fields of a section, each taken once."""

    def __init__(self, value: Value, what: str) -> None:
        if not isinstance(value, Section):
            raise QuestionnaireError(value.line, f"{what} must be a section of `key: value`")
        self.line = value.line
        self._what = what
        self._left = dict(value)

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._left:
            raise QuestionnaireError(key.line, f"{self._what} has no `{key}`")

    def value(self, name: str) -> Value | None:
        """Take a field as it is written; None if it is absent."""
        return self._left.pop(Word(name, 0), None)

    def needed(self, name: str) -> Value:
        """Take a field that must be there."""
        value = self.value(name)
        if value is None:
            raise QuestionnaireError(self.line, f"{self._what} needs `{name}`")
        return value

    def word(self, name: str) -> Word:
        """Take a word that must be there."""
        return as_word(self.needed(name))

    def maybe(self, name: str) -> Word | None:
        """Take a word that may be absent."""
        value = self.value(name)
        return None if value is None else as_word(value)

    def text(self, name: str) -> str | None:
        """Take a word that may be absent, without its line."""
        word = self.maybe(name)
        return None if word is None else str(word)

    def number(self, name: str) -> int | None:
        """Take a whole number that may be absent."""
        word = self.maybe(name)
        if word is not None and not word.isdecimal():
            raise QuestionnaireError(word.line, f"`{name}` must be a whole number")
        return None if word is None else int(word)

    def flag(self, name: str) -> bool:
        """Take a yes or no that may be absent, which means no."""
        word = self.maybe(name)
        if word is not None and word not in {"yes", "no"}:
            raise QuestionnaireError(word.line, f"`{name}` must be yes or no")
        return word == "yes"

    def each(self, name: str, make: Callable[[Value], T]) -> tuple[T, ...]:
        """Take a list that may be absent, and make something of each of its items."""
        value = self.value(name)
        if value is None:
            return ()
        if not isinstance(value, Items):
            raise QuestionnaireError(value.line, f"`{name}` must be a list")
        made, mistakes = [], Mistakes()
        for item in value:
            with mistakes.gathered():
                made.append(make(item))
        mistakes.tell()
        return tuple(made)


def as_word(value: Value) -> Word:
    """Take a value that must be a single word or sentence."""
    if not isinstance(value, Word):
        raise QuestionnaireError(value.line, "expected a single value here")
    return value


def as_words(value: Value) -> tuple[Word, ...]:
    """Take one word or a list of words."""
    if isinstance(value, Items):
        return tuple(as_word(item) for item in value)
    return (as_word(value),)
