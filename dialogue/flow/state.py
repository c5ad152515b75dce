"""What the dialogue knows between two turns: a value that goes out and comes back as JSON.

Invariant: no message text is in it, except the safe word; answers are codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Answers = Mapping[str, tuple[str, ...]]
"""Codes by key, in the order in which they were answered: that order is the way BACK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One conversation; `State()` is one that has not begun."""

    version: int = 0
    """Of the questionnaire that the answers belong to."""
    language: str | None = None
    answers: Answers = field(default_factory=dict, repr=False)
    asked: str | None = None
    """Key of the open question."""
    shown: tuple[str, ...] = ()
    """Its choices as they were numbered."""
    picked: tuple[str, ...] = field(default=(), repr=False)
    """Codes tapped so far in a list of several."""
    turn: int = 0
    misses: int = 0
    detours: tuple[str, ...] = ()
    """Detour blocks under way, the innermost last."""
    opened: bool = False
    hidden: bool = False
    hides: int = 0
    closed: bool = False
    """Said good-bye: silent until they write."""
    ended: bool = False
    """The report was sent, or there will be none: no answers are here any more."""
    sent: bool = False
    kept: bool = False
    consents: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    """Reasons of P0 that were already told."""
    alarms: tuple[str, ...] = ()
    """Reasons that came from free words and not from answers."""
    safe_word: str | None = field(default=None, repr=False)
    told: Mapping[str, int] = field(default_factory=dict, repr=False)
    """When each answer of time was given, in seconds since 1970."""
    topic: str | None = None
    """What a hidden chat and unasked messages speak of."""
    reach: tuple[str, ...] = ()
    """The times of day at which they may be written to unasked; none if they may not."""
    pending: str = ""
    """A block that waits behind the safe word."""
    guesses: tuple[str, ...] = ()
    """Languages that were suggested, the latest last."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON; the answers as pairs, so that nothing on the way can change their order."""
        values: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in values.items():
            if isinstance(value, tuple):
                values[name] = list(value)
        values["answers"] = [[key, *codes] for key, codes in self.answers.items()]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> "State":
        """Read what `to_dict` gave; None begins."""
        if values is None:
            return cls()
        known = {one.name for one in fields(cls)}
        taken: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name in known
        }
        taken["answers"] = {key: tuple(codes) for key, *codes in values["answers"]}
        return cls(**taken)
