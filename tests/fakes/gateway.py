"""A gateway put together from fakes around a real database."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from bots.adapter import Message
from bots.inbox import ingest
from bots.lanes import run_lane
from bots.parts import Parts
from core.database import Sessions
from locales import Catalogs
from referrals.cases import Sealing
from referrals.tables import ConversationRow
from tests.fakes.channel import FakeChannel
from tests.fakes.dialogue import FakeDialogue
from vault.age import Identity
from vault.keys import LocalKeyProvider
from vault.store import DirectoryStore

PHONE = "+15550001111"


class Gateway:
    """Says things to a gateway and looks at what came of it."""

    def __init__(self, sessions: Sessions, data: Path) -> None:
        self.channel = FakeChannel()
        self.dialogue = FakeDialogue()
        self.escrow = Identity.generate()
        self.parts = Parts(
            sessions=sessions,
            sealing=Sealing(
                keys=LocalKeyProvider.open(data / "keys" / "server.key"),
                store=DirectoryStore(data / "objects"),
                escrow=self.escrow.recipient,
            ),
            catalogs=Catalogs.load(),
            dialogue=self.dialogue,
            adapters={self.channel.name: self.channel},
            idle=timedelta(minutes=10),
            draft_life=timedelta(hours=72),
        )

    async def arrive(self, text: str, *, external_id: str, phone: str = PHONE) -> None:
        """A text comes in, and is stored."""
        message = Message(external_id=external_id, contact=phone, kind="text", text=text)
        await ingest(self.parts, self.channel, [message])

    async def hear(self, text: str, *, external_id: str, phone: str = PHONE) -> None:
        """A text comes in and its lane runs."""
        await self.arrive(text, external_id=external_id, phone=phone)
        await self.run()

    async def run(self) -> None:
        """Run every conversation's lane, and those that came of them."""
        for conversation_id in await self.conversations():
            await run_lane(self.parts, conversation_id)
        for conversation_id in await self.conversations():
            await run_lane(self.parts, conversation_id)

    async def conversations(self) -> list[UUID]:
        """The conversations that there are."""
        async with self.parts.sessions() as session:
            return list(await session.scalars(select(ConversationRow.id)))

    async def row(self) -> ConversationRow:
        """The only conversation."""
        async with self.parts.sessions() as session:
            return (await session.scalars(select(ConversationRow))).one()
