"""When a person may be written to unasked: at the times of day that they named as safe. Pure."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

TIMES = {
    "morning": (time(7), time(11)),
    "midday": (time(11), time(15)),
    "evening": (time(17), time(21)),
    "night": (time(21), time(23)),
    "any": (time(7), time(21)),
}
"""From when to when, by the clock of the deployment's area; nobody is woken."""


def next_safe(when: Collection[str], *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The next moment that lies in one of the times, perhaps now; None if none was named."""
    local = now.astimezone(zone)
    moments = [
        _moment(local, day, *TIMES[name]) for name in when if name in TIMES for day in range(3)
    ]
    found = [moment for moment in moments if moment is not None]
    return min(found, default=None)


def _moment(local: datetime, day: int, begin: time, end: time) -> datetime | None:
    """The first moment of one day's time that is not over; None if it is."""
    date = local.date() + timedelta(days=day)
    first = datetime.combine(date, begin, tzinfo=local.tzinfo)
    last = datetime.combine(date, end, tzinfo=local.tzinfo)
    return max(first, local) if local < last else None
