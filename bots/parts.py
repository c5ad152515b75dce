"""What the gateway's processes are put together from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bots.adapter import Adapter
from bots.dialogue import Dialogue
from core.database import Sessions
from locales import Catalogs
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


def now() -> datetime:
    """The present, with its zone."""
    return datetime.now(UTC)
