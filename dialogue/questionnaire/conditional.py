"""Reads the conditions of the questionnaire file, against the questions that came before."""

from dialogue.questionnaire.conditions import ALWAYS, All, Any, Condition, Is, Not, Only
from dialogue.questionnaire.fields import Fields, as_words
from dialogue.questionnaire.reader import Items, QuestionnaireError, Section, Value, Word


class ConditionReader:
    """Knows which answers each earlier question has, and the conditions that have a name."""

    def __init__(self) -> None:
        self.codes: dict[str, frozenset[str]] = {}
        self.broken: set[str] = set()
        """Questions with mistakes: what speaks of them is not taken for a mistake too."""
        self.conditions: dict[str, Condition] = {}
        self.named: Section = Section(0)

    def section(self, value: Value, what: str) -> Section:
        """A value that must be a section."""
        if not isinstance(value, Section):
            raise QuestionnaireError(value.line, f"`{what}` must be a section of `key: value`")
        return value

    def when(self, fields: Fields) -> Condition:
        """Take the condition of something; it always holds if none is given."""
        value = fields.value("when")
        return ALWAYS if value is None else self._condition(value)

    def _condition(self, value: Value) -> Condition:
        if isinstance(value, Word):
            return self.condition_named(value)
        if isinstance(value, Items):
            raise QuestionnaireError(value.line, "a list needs `any:` or `all:` before it")
        parts = tuple(self._part(key, content) for key, content in value.items())
        return parts[0] if len(parts) == 1 else All(parts)

    def _part(self, key: Word, content: Value) -> Condition:
        if key in {"all", "any"}:
            if not isinstance(content, Items):
                raise QuestionnaireError(content.line, f"`{key}` needs a list")
            parts = tuple(map(self._condition, content))
            return All(parts) if key == "all" else Any(parts)
        if key == "not":
            return Not(self._condition(content))
        if key == "only":
            tests = self.section(content, "only").items()
            return All(tuple(Only(*self._test(name, codes)) for name, codes in tests))
        return Is(*self._test(key, content))

    def _test(self, question: Word, content: Value) -> tuple[str, frozenset[str]]:
        known = self.codes.get(question)
        if str(question) in self.broken:
            return str(question), frozenset(map(str, as_words(content)))
        if known is None:
            raise QuestionnaireError(
                question.line, f"no question `{question}` comes before this condition"
            )
        for code in (words := as_words(content)):
            if code not in known:
                raise QuestionnaireError(code.line, f"`{question}` has no option `{code}`")
        return str(question), frozenset(map(str, words))

    def condition_named(self, name: Word) -> Condition:
        """A named condition, read where it is first used: by then its questions are known."""
        if name not in self.conditions:
            content = self.named.pop(name, None)
            if content is None:
                raise QuestionnaireError(
                    name.line, f"there is no condition `{name}`, or it leads back to itself"
                )
            self.conditions[str(name)] = self._condition(content)
        return self.conditions[name]
