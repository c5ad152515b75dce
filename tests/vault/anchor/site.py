"""A server that anchors on a chain; a test moves time, blocks and misfortune."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pydantic import SecretStr
from sqlalchemy import select

from backup.chain.anvil import CHAIN_ID
from core.database import Sessions
from vault.anchor.archive import archived
from vault.anchor.chains import Chain
from vault.anchor.node import Node
from vault.anchor.offline import EVENT
from vault.anchor.sender import Sender
from vault.anchor.tables import AnchorRow
from vault.anchor.worker import Anchoring
from vault.keys import LocalKeyProvider

COIN = 10**18


@dataclass
class Site:
    rpc: str
    sessions: Sessions
    keys: LocalKeyProvider
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    sender: Sender = field(default_factory=lambda: Sender(os.urandom(32)))
    chain: Chain = field(init=False)
    node: Node = field(init=False)

    async def __aenter__(self) -> Self:
        self.set()
        self.node = Node("test", SecretStr(self.rpc))
        await self.fund(COIN)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.node.close()

    def set(self, **fields: Any) -> None:
        """Configure the chain anew."""
        known = {"name": "test", "id": CHAIN_ID, "rpc": (SecretStr(self.rpc),)}
        self.chain = Chain.model_validate(known | fields)

    def anchoring(self, node: Node | None = None) -> Anchoring:
        return Anchoring(
            chain=self.chain,
            sender=self.sender,
            node=node or self.node,
            sessions=self.sessions,
            keys=self.keys,
            now=lambda: self.time,
        )

    async def advance(self, node: Node | None = None) -> None:
        await self.anchoring(node).advance()

    async def create(self) -> None:
        """See that the contract is there; a block may take a moment."""
        while not await self.anchoring().contract_is_there():
            await self.mine()

    async def until_final(self) -> dict[str, Any]:
        """The archive of the one anchor that is made now."""
        await self.create()
        for _ in range(4):
            await self.advance()
            await self.mine()
        return (await self.archives())[-1]

    def pass_(self, **length: float) -> None:
        self.time += timedelta(**length)

    async def mine(self, blocks: int = 1) -> None:
        await self.node.request("anvil_mine", hex(blocks))

    async def hold(self) -> None:
        """Make no blocks until `mine`."""
        await self.node.request("evm_setAutomine", False)  # noqa: FBT003

    async def fund(self, wei: int) -> None:
        await self.node.request("anvil_setBalance", self.sender.address, hex(wei))

    async def rows(self) -> Sequence[AnchorRow]:
        """All anchors of the chain, the oldest first."""
        async with self.sessions() as session:
            mine = select(AnchorRow).where(AnchorRow.chain == self.chain.name)
            return (await session.scalars(mine.order_by(AnchorRow.created_at))).all()

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def archives(self) -> list[dict[str, Any]]:
        async with self.sessions() as session:
            return await archived(session)

    async def events(self, commitment: bytes) -> Sequence[Any]:
        """Every event with this commitment, as a stranger finds them."""
        topics = [f"0x{EVENT.hex()}", f"0x{commitment.hex()}"]
        return list(await self.node.request("eth_getLogs", {"fromBlock": "0x0", "topics": topics}))
