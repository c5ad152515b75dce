"""A channel that remembers what it was handed, and fails as a test tells it to."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from bots.adapter import (
    Arrived,
    Attached,
    Capabilities,
    Incoming,
    Message,
    Outbound,
    Rate,
    Webhook,
)

CAPABILITIES = Capabilities(
    max_text=1600,
    rate=Rate(overall=inf, per_chat=inf),
    confidentiality="say.opening_open_channel",
    sms=True,
    files=1_000_000,
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
    wiped: list[tuple[str, list[str]]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    promises: dict[str, int] = field(default_factory=dict)
    """Sizes that are promised and not kept."""
    opened: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens while a file is fetched."""
    released: list[str] = field(default_factory=list)
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

    @asynccontextmanager
    async def open_file(self, attached: Attached) -> AsyncIterator[Incoming]:
        """Hand out a file, or fail."""
        self.opened.append(attached.ref)
        if self.failures:
            raise self.failures.popleft()
        content = self.files[attached.ref]
        if self.meanwhile is not None:
            await self.meanwhile()

        async def stream() -> AsyncIterator[bytes]:
            for begin in range(0, len(content), 50_000):
                yield content[begin : begin + 50_000]

        yield Incoming(stream=stream(), size=self.promises.get(attached.ref, len(content)))

    async def release(self, attached: Attached) -> None:
        """Remember that our copy is safe."""
        self.released.append(attached.ref)

    async def forget(self, address: str) -> None:
        """Remember that everything of this person was to be dropped."""
        self.forgotten.append(address)

    async def wipe(self, address: str, refs: Sequence[str]) -> None:
        """Remember what was to be taken out of the chat."""
        self.wiped.append((address, sorted(refs)))

    async def find(self, outbound: Outbound, since: datetime) -> str | None:
        """What the provider knows of a part."""
        del since
        return self.already.get(str(outbound.part))

    @property
    def texts(self) -> list[str]:
        """What was sent, in order."""
        return [one.text for one in self.sent]
