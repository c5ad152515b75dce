"""Parts keep the pace of their channel and of their chat, whichever process sends them."""

from datetime import UTC, datetime, timedelta

from bots.adapter import Rate
from bots.pace import reserve
from core.database import Sessions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RATE = Rate(overall=10, per_chat=1, burst=3)


async def _slots(sessions: Sessions, *chats: str) -> list[float]:
    """Seconds from now at which each part may go."""
    found = []
    for chat in chats:
        async with sessions.begin() as session:
            slot = await reserve(session, RATE, channel="sms", chat=chat, now=NOW)
        found.append((slot - NOW) / timedelta(seconds=1))
    return found


async def test_a_chat_gets_a_burst_and_then_one_part_a_second(sessions: Sessions) -> None:
    assert await _slots(sessions, "a", "a", "a", "a", "a") == [0, 0, 0, 1, 2]


async def test_chats_do_not_wait_for_each_other_but_for_the_channel(sessions: Sessions) -> None:
    assert await _slots(sessions, *"abcdef") == [0, 0, 0, 0.1, 0.2, 0.3]
