"""The questionnaire's shape, read as data: which blocks, which questions, in which order.

Only what a report needs to be shown in order; what the questions cause is the dialogue's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.errors import ConfigurationError

CRSV = Path(__file__).parent.parent / "dialogue" / "questionnaire" / "crsv.yml"

# Options that every question shares, with one label each.
SHARED = frozenset(("yes", "no", "unsure", "dk", "pns", "done"))
SKIPPED = "skip"
RETIRED = "retired"
"""The block of questions that only older reports answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question."""

    id: str
    kind: str

    def label(self, option: str) -> str:
        """The message id of an option's words; answers name it `when.d1_3`, consents `health`."""
        if option == SKIPPED:
            return "desk.answer.skipped"
        if "." in option or option in SHARED:
            return f"option.{option}"
        return f"option.{self.id}.{option}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Questions that belong together."""

    id: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a version changed, for reports that are older: new names, by old ones."""

    version: int
    renamed: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """All blocks in the order of the file; the last holds what only older reports answer."""

    blocks: tuple[Block, ...]
    history: tuple[Change, ...] = ()

    def renew(self, version: int, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Answers, or texts by question, of an older report under the names of this version."""
        for change in self.history:
            if change.version > version:
                answers = {_renamed(key, change): _value(v, change) for key, v in answers.items()}
        return dict(answers)

    @classmethod
    def read(cls, path: Path = CRSV) -> "Questionnaire":
        """Read the file that the dialogue is made from.

        Raises:
            ConfigurationError: the file is not there, or is no questionnaire.
        """
        try:
            # The base loader keeps every word a word: `yes` is an option here, not a boolean.
            data = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
            history = sorted(data.get("history", ()), key=lambda change: int(change["version"]))
            blocks = [_block(block) for block in data["blocks"]]
            retired = {
                id_: codes for one in history for id_, codes in one.get("retired", {}).items()
            }
            if retired:
                blocks.append(_retired(retired))
            return cls(blocks=tuple(blocks), history=tuple(map(_change, history)))
        except (KeyError, OSError, TypeError, yaml.YAMLError) as error:
            raise ConfigurationError(f"{path.name} can't be read as a questionnaire") from error


def _block(data: dict[str, Any]) -> Block:
    questions = (Question(id=item["id"], kind=item["kind"]) for item in data["questions"])
    return Block(id=data["id"], questions=tuple(questions))


def _retired(questions: Mapping[str, Any]) -> Block:
    kinds = ((id_, "choices" if codes else "text") for id_, codes in questions.items())
    return Block(id=RETIRED, questions=tuple(Question(id=id_, kind=kind) for id_, kind in kinds))


def _change(data: Mapping[str, Any]) -> Change:
    return Change(version=int(data["version"]), renamed=data.get("renamed", {}))


def _renamed(key: str, change: Change) -> str:
    """A key with its number: the second account of `landmark` is `landmark#2`."""
    name, mark, number = key.partition("#")
    return f"{change.renamed.get(name, name)}{mark}{number}"


def _value(value: Any, change: Change) -> Any:
    """The options of an answer; a text is left alone."""
    return [change.renamed.get(one, one) for one in value] if isinstance(value, list) else value
