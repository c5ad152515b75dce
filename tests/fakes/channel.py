"""A channel that remembers what it was handed, and fails as a test tells it to."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from bots.adapter import Arrived, Capabilities, Message, Outbound, Rate, Webhook

CAPABILITIES = Capabilities(
    max_text=1600,
    rate=Rate(overall=inf, per_chat=inf),
    confidentiality="say.opening_open_channel",
    sms=True,
)


@dataclass
class FakeChannel:
    """One channel; `failures` are raised, one a call, before it works again."""

    name: str = "fake"
    capabilities: Capabilities = CAPABILITIES
    sent: list[Outbound] = field(default_factory=list)
    failures: deque[Exception] = field(default_factory=deque)
    acknowledged: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    already: dict[str, str] = field(default_factory=dict)
    """Parts that went out although we never learnt so: part → external id."""

    def verify(self, webhook: Webhook) -> None:
        """Everything is genuine."""

    def parse(self, raw: bytes) -> tuple[Arrived, ...]:
        """Nothing comes this way."""
        del raw
        return ()

    async def send(self, outbound: Outbound) -> str:
        """Take a part, or fail."""
        if self.failures:
            raise self.failures.popleft()
        self.sent.append(outbound)
        return f"ext-{outbound.part}"

    async def acknowledge(self, message: Message) -> None:
        """Remember that the provider was told."""
        self.acknowledged.append(message.external_id)

    async def forget(self, address: str) -> None:
        """Remember that everything of this person was to be dropped."""
        self.forgotten.append(address)

    async def find(self, outbound: Outbound, since: datetime) -> str | None:
        """What the provider knows of a part."""
        del since
        return self.already.get(str(outbound.part))

    @property
    def texts(self) -> list[str]:
        """What was sent, in order."""
        return [one.text for one in self.sent]
