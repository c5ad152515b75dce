"""How soon a person must answer: the clock that each urgency starts.

The urgency itself is found in the dialogue from the questionnaire's rules; P0 is danger to life or
a closing medical window, P3 is a wish for information.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any


class Urgency(IntEnum):
    """P0 to P3."""

    NOW = 0
    HIGH = 1
    NEED = 2
    INFORMATION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span in which something can still be done; staff read its words as `window.<name>`."""

    name: str
    closes_at: int
    """Seconds since 1970."""
    known: bool
    """Whether a time was told; if not, it is counted from the telling."""

    @property
    def closes(self) -> datetime:
        """When it closes."""
        return datetime.fromtimestamp(self.closes_at, UTC)


def read_windows(facts: Iterable[Mapping[str, Any]]) -> tuple[Window, ...]:
    """Take the windows out of a report's facts, in the order of the rules."""
    return tuple(
        Window(name=one["name"], closes_at=one["closes_at"], known=one["known"]) for one in facts
    )


# Time from submission to a professional's acceptance.
ACCEPT_WITHIN = {
    Urgency.NOW: timedelta(hours=1),
    Urgency.HIGH: timedelta(hours=24),
    Urgency.NEED: timedelta(hours=72),
    Urgency.INFORMATION: timedelta(days=7),
}


def answer_by(urgency: Urgency, opened_at: datetime) -> datetime:
    """When a report of this urgency should have been accepted."""
    return opened_at + ACCEPT_WITHIN[urgency]
