"""How soon a person must answer: the clock that each urgency starts.

The urgency itself is found in the dialogue from the questionnaire's rules; P0 is danger to life or
a closing medical window, P3 is a wish for information.
"""

from datetime import datetime, timedelta
from enum import IntEnum


class Urgency(IntEnum):
    """P0 to P3."""

    NOW = 0
    HIGH = 1
    NEED = 2
    INFORMATION = 3


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
