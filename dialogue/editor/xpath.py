"""Conditions as XLSForm writes them (`relevant`, a little XPath), both ways.

    selected(${kind}, 'threat') and not(${held} = 'yes')

Spoken: `and`, `or`, `not()`, `selected()`, `=` and `!=` with one option or with '' for "not
answered". All else (sums, dates, other functions) is refused, with what was found.
"""

import re
from collections.abc import Callable, Iterator

from dialogue.questionnaire.conditions import ALWAYS, All, Any, Condition, Is, Not, Only
from dialogue.questionnaire.model import SKIP, UNTOLD

_TOKEN = re.compile(
    r"""\s*(?:(?P<question>\$\{\w+\})|(?P<text>'[^']*'|"[^"]*")|(?P<word>[A-Za-z][\w.:-]*)"""
    r"""|(?P<sign>!=|=|\(|\)|,)|(?P<other>\S))""",
)
OptionsOf = Callable[[str], "tuple[str, ...] | None"]
"""The codes that can be chosen in a question; none for free text, None if there is no such one."""


class RelevantError(Exception):
    """A condition says something that a questionnaire can't; the message tells what."""


def write(condition: Condition, options_of: OptionsOf) -> str:
    """A condition as XPath; "" if it always holds."""
    if isinstance(condition, Is):
        return _any(condition.question, sorted(condition.options), options_of)
    if isinstance(condition, Only):
        others = [code for code in _codes(condition, options_of) if code not in condition.options]
        within = _any(condition.question, sorted(condition.options), options_of)
        outside = _any(condition.question, others, options_of)
        return f"({within} and not({outside}))" if others else within
    if isinstance(condition, Not):
        return f"not({write(condition.part, options_of)})"
    if not isinstance(condition, All):
        raise TypeError(type(condition).__name__)
    parts = [text for part in condition.parts if (text := write(part, options_of))]
    if len(parts) < 2:  # noqa: PLR2004 - one part needs no brackets
        return "".join(parts)
    return f"({(' or ' if isinstance(condition, Any) else ' and ').join(parts)})"


def read(text: str, options_of: OptionsOf) -> Condition:
    """The condition that XPath says.

    Raises:
        RelevantError: it says something else, or names a question or option that isn't there.
    """
    if not text.strip():
        return ALWAYS
    reading = _Reading(list(_tokens(text)), options_of)
    condition = reading.either()
    reading.end()
    return condition


def _codes(condition: Only, options_of: OptionsOf) -> tuple[str, ...]:
    return options_of(condition.question) or ()


def _any(question: str, codes: list[str], options_of: OptionsOf) -> str:
    """At least one of the codes; what is not told in a free text is an empty answer there."""
    open_text = not options_of(question)
    empty = {SKIP, *UNTOLD} if open_text else {SKIP}
    parts = [f"selected(${{{question}}}, '{code}')" for code in codes if code not in empty]
    if empty.intersection(codes):
        parts.append(f"${{{question}}} = ''")
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        yield kind, found[kind]


class _Reading:
    """One pass over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]], options_of: OptionsOf) -> None:
        self._left = tokens[::-1]
        self._options_of = options_of

    def either(self) -> Condition:
        parts = [self._both()]
        while self._next_is("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def end(self) -> None:
        if self._left:
            raise RelevantError(f"`{self._left[-1][1]}` is not understood here")

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._next_is("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Condition:
        kind, text = self._take()
        if text == "(":
            inner = self.either()
            self._expect(")")
            return inner
        if kind == "question":
            return self._compared(self._question(text))
        if kind == "word" and text in {"not", "selected"}:
            self._expect("(")
            inner = Not(self.either()) if text == "not" else self._selected()
            self._expect(")")
            return inner
        raise RelevantError(f"`{text}` can't be said in a questionnaire")

    def _selected(self) -> Condition:
        kind, text = self._take()
        if kind != "question":
            raise RelevantError("`selected` asks about a question like ${when}")
        question = self._question(text)
        self._expect(",")
        return self._is(question, self._text())

    def _compared(self, question: str) -> Condition:
        _, sign = self._take()
        if sign not in {"=", "!="}:
            raise RelevantError(f"`{sign}` can't be said; only = and !=")
        found = self._is(question, self._text())
        return found if sign == "=" else Not(found)

    def _is(self, question: str, code: str) -> Condition:
        options = self._options_of(question) or ()
        if not code:
            return Is(question, frozenset({SKIP} if options else {SKIP, *UNTOLD}))
        if code not in options:
            raise RelevantError(f"`{question}` has no option `{code}`")
        return Is(question, frozenset({code}))

    def _question(self, text: str) -> str:
        name = text[2:-1]
        if self._options_of(name) is None:
            raise RelevantError(f"no earlier question is called `{name}`")
        return name

    def _text(self) -> str:
        kind, text = self._take()
        if kind != "text":
            raise RelevantError(f"`{text}` stands where an option in quotes is needed")
        return text[1:-1]

    def _take(self) -> tuple[str, str]:
        if not self._left:
            raise RelevantError("the condition ends too early")
        return self._left.pop()

    def _expect(self, sign: str) -> None:
        if self._take()[1] != sign:
            raise RelevantError(f"a `{sign}` is missing")

    def _next_is(self, word: str) -> bool:
        if self._left and self._left[-1] == ("word", word):
            self._left.pop()
            return True
        return False
