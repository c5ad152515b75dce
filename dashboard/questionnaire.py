"""The questionnaire's shape, read as data: which blocks, which questions, in which order.

Only what a report needs to be shown in order; what the questions cause is the dialogue's matter.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.errors import ConfigurationError

CRSV = Path(__file__).parent.parent / "dialogue" / "questionnaire" / "crsv.yml"

# Options that every question shares, with one label each.
SHARED = frozenset(("yes", "no", "unsure", "dk", "pns", "done"))
SKIPPED = "skip"


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
class Questionnaire:
    """All blocks in the order of the file."""

    blocks: tuple[Block, ...]

    @classmethod
    def read(cls, path: Path = CRSV) -> "Questionnaire":
        """Read the file that the dialogue is made from.

        Raises:
            ConfigurationError: the file is not there, or is no questionnaire.
        """
        try:
            # The base loader keeps every word a word: `yes` is an option here, not a boolean.
            data = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
            return cls(blocks=tuple(_block(block) for block in data["blocks"]))
        except (KeyError, OSError, TypeError, yaml.YAMLError) as error:
            raise ConfigurationError(f"{path.name} can't be read as a questionnaire") from error


def _block(data: dict[str, Any]) -> Block:
    questions = (Question(id=item["id"], kind=item["kind"]) for item in data["questions"])
    return Block(id=data["id"], questions=tuple(questions))
