"""When somebody may be written to unasked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.contact import TIMES, next_safe

GOMA = ZoneInfo("Africa/Lubumbashi")  # two hours before UTC, all year


def at(hour: int, minute: int = 0) -> datetime:
    """A moment by the clock of Goma."""
    return datetime(2026, 3, 14, hour, minute, tzinfo=GOMA)


@pytest.mark.parametrize(
    ("when", "now", "expected"),
    [
        (["evening"], at(18), at(18)),
        (["evening"], at(9), at(17)),
        (["morning"], at(12), at(7) + timedelta(days=1)),
        (["evening", "midday"], at(9), at(11)),
        (["any"], at(3), at(7)),
        (["night"], at(23, 30), at(21) + timedelta(days=1)),
        ([], at(9), None),
        (["never heard of"], at(9), None),
    ],
)
def test_the_next_safe_moment(when: list[str], now: datetime, expected: datetime | None) -> None:
    assert next_safe(when, now=now.astimezone(UTC), zone=GOMA) == expected


@given(
    st.lists(st.sampled_from(sorted(TIMES)), min_size=1, unique=True),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_nobody_is_woken_and_nobody_forgotten(when: list[str], now: datetime) -> None:
    found = next_safe(when, now=now, zone=GOMA)
    assert found is not None
    assert now <= found <= now + timedelta(days=2)
    assert 7 <= found.astimezone(GOMA).hour < 23
