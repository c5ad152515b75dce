"""What comes into a turn and what goes out of it; the wire protocol as values."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogue.flow.state import State

Json = dict[str, Any]

CERTAIN = 1.0
"""The confidence that stands for a whole-message match of a catalog's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message, and what the classifier makes of its words.

    `ranking` has (label, confidence) in falling order, over all labels of
    `dialogue.questionnaire.labels`. `exact` has the labels whose words in any catalog are the whole
    message (see `normal`), and safety labels of which a listed phrase stands anywhere in it.
    """

    kind: str
    text: str = field(default="", repr=False)
    choice: str = field(default="", repr=False)
    turn: int | None = None
    media: str = ""
    event: str = ""
    language: str = ""
    """The language that the words seem to be in; "" if they are too few to tell."""
    code: bool = False
    """Whether it has the form of a return code, but opens nothing."""
    ranking: tuple[tuple[str, float], ...] = field(default=(), repr=False)
    exact: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def from_message(
        cls,
        message: Mapping[str, Any],
        *,
        ranking: Iterable[tuple[str, float]] = (),
        exact: Iterable[str] = (),
        language: str = "",
    ) -> "Heard":
        """Take the `message` of a request; unknown fields are passed over."""
        ranked = tuple(ranking)
        certain = {label for label, confidence in ranked if confidence >= CERTAIN}
        return cls(
            kind=str(message.get("kind", "text")),
            text=str(message.get("text") or ""),
            choice=str(message.get("choice") or ""),
            turn=message.get("turn"),
            media=str(message.get("media") or ""),
            event=str(message.get("event") or ""),
            language=language,
            code=bool(message.get("code")),
            ranking=ranked,
            exact=frozenset(exact) | certain,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Something to say, by id; a question has its choices and its turn."""

    say: str
    choices: tuple[str, ...] = ()
    multi: bool = False
    args: Mapping[str, str] = field(default_factory=dict)
    turn: int | None = None

    def to_dict(self) -> Json:
        """As it goes over the wire."""
        asked = {"choices": list(self.choices), "multi": self.multi, "turn": self.turn}
        return {
            "say": self.say,
            "args": dict(self.args),
            **(asked if self.turn is not None else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one message led to."""

    state: State
    language: str
    kept: bool
    hidden: bool
    understood: bool
    replies: tuple[Reply, ...] = ()
    effects: tuple[Json, ...] = ()

    def to_dict(self) -> Json:
        """The whole response."""
        return {
            "state": self.state.to_dict(),
            "language": self.language,
            "kept": self.kept,
            "hidden": self.hidden,
            "understood": self.understood,
            "replies": [reply.to_dict() for reply in self.replies],
            "effects": list(self.effects),
        }

    def to_json(self) -> str:
        """The whole response as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)
