"""What the gateway's processes are put together from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bots.adapter import Adapter
from bots.dialogue import Dialogue
from core.database import Sessions
from locales import Catalogs
from locales.emergency import Numbers
from referrals.cases import Sealing


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a turn needs; fakes take the same places in tests."""

    sessions: Sessions
    sealing: Sealing
    catalogs: Catalogs
    dialogue: Dialogue
    adapters: Mapping[str, Adapter]
    idle: timedelta
    draft_life: timedelta
    receipt_page: str = ""
    """The address of the page on which anybody checks a receipt."""
    live: timedelta = timedelta(hours=1)
    """How long after a person's last words a professional's answer is taken for expected."""
    feedback_after: timedelta = timedelta(days=7)
    zone: ZoneInfo = ZoneInfo("UTC")  # noqa: RUF009 - a value
    numbers: Numbers = Numbers()  # noqa: RUF009 - a value


def now() -> datetime:
    """The present, with its zone."""
    return datetime.now(UTC)
