"""YAML with line numbers: every word, section and list knows where it stands.

Scalars stay words: `yes`, `no` and `1` are what is written, not what YAML 1.1 makes of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class QuestionnaireError(Exception):
    """The questionnaire is wrong; the message names the line and the reason."""

    def __init__(self, line: int, reason: str, file: str | None = None) -> None:
        """Name the file if it is not the questionnaire itself."""
        super().__init__(f"{file}, line {line}: {reason}" if file else f"line {line}: {reason}")
        self.line = line
        self.reason = reason

        self.others: tuple[QuestionnaireError, ...] = ()

    def of(self, file: str) -> "QuestionnaireError":
        """The same mistakes, told with the file that they stand in."""
        error = QuestionnaireError(self.line, self.reason, file)
        error.others = tuple(other.of(file) for other in self.others)
        return error

    @property
    def lines(self) -> tuple[str, ...]:
        """Each mistake by itself, with its line."""
        return (str(self), *(line for other in self.others for line in other.lines))


class Mistakes:
    """Gathers mistakes, so that all of a file are told at once and not one after the other."""

    def __init__(self) -> None:
        self._found: list[QuestionnaireError] = []

    def take(self, error: QuestionnaireError) -> None:
        """Remember one, with those that came with it."""
        self._found.append(error)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Go on after what is wrong inside."""
        try:
            yield
        except QuestionnaireError as error:
            self.take(error)

    def tell(self) -> None:
        """Raise what was gathered: the first mistake, with the others beside it."""
        if self._found:
            first, *rest = self._found
            first.others = (*first.others, *rest)
            raise first


class Word(str):
    """A scalar and its line."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, text: str, line: int) -> "Word":  # noqa: PYI034 -- Self came with 3.11
        """Make a word that knows its line."""
        word = super().__new__(cls, text)
        word.line = line
        return word


class Items(list["Value"]):
    """A list and its line."""

    def __init__(self, values: Iterator["Value"], line: int) -> None:
        super().__init__(values)
        self.line = line


class Section(dict[Word, "Value"]):
    """A mapping and its line."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


Value = Word | Items | Section


def read(text: str) -> Section:
    """Read a document that is a mapping.

    Raises:
        QuestionnaireError: it is not YAML, not a mapping, or names a key twice.
    """
    try:
        node = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise QuestionnaireError(line, f"not YAML: {error.problem}") from error
    value = _value(node) if node is not None else Word("", 1)
    if not isinstance(value, Section):
        raise QuestionnaireError(value.line, "expected `key: value` lines")
    return value


def _value(node: yaml.Node) -> Value:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _section(node, line)
    if isinstance(node, yaml.SequenceNode):
        return Items((_value(item) for item in node.value), line)
    return Word(str(node.value), line)


def _section(node: yaml.MappingNode, line: int) -> Section:
    section = Section(line)
    for key_node, value_node in node.value:
        key = _value(key_node)
        if not isinstance(key, Word):
            raise QuestionnaireError(key.line, "a key must be a word")
        if key in section:
            raise QuestionnaireError(key.line, f"`{key}` stands here twice")
        section[key] = _value(value_node)
    return section
