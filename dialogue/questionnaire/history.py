"""What older reports called it: answers of an earlier version stay readable under this one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dialogue.questionnaire.fields import Fields, as_word, as_words
from dialogue.questionnaire.reader import Items, QuestionnaireError, Section, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a version of the questionnaire changed, for reports that are older than it."""

    version: int
    renamed: Mapping[str, str] = field(default_factory=dict)
    """New names of questions (`landmark`) and of options (`when.lt24h`), by their old ones."""
    retired: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Questions that are no longer asked, with the options that they had; their words stay."""


def read_change(value: Value) -> Change:
    """Read one entry of `history:`."""
    fields = Fields(value, "a change")
    version = fields.number("version")
    if not version:
        raise QuestionnaireError(fields.line, "a change needs the `version` that made it")
    change = Change(
        version=version,
        renamed={old: str(as_word(new)) for old, new in _section(fields, "renamed").items()},
        retired={id_: _options(codes) for id_, codes in _section(fields, "retired").items()},
    )
    fields.done()
    return change


def _section(fields: Fields, name: str) -> Mapping[str, Value]:
    value = fields.value(name)
    if value is None:
        return {}
    if not isinstance(value, Section):
        raise QuestionnaireError(value.line, f"`{name}` must be a section of `key: value`")
    return {str(key): content for key, content in value.items()}


def _options(value: Value) -> tuple[str, ...]:
    return tuple(map(str, as_words(value))) if isinstance(value, Items) or value else ()
