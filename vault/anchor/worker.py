"""Takes anchors through their states on one chain; may be killed at any line.

What is done next is always told from the database and the chain, never from memory: a receipt is
looked for before anything is sent, and a transaction is kept before it is sent. So the worst that
a crash can cause is that the same bytes are sent twice, which a chain takes once.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eth_utils.crypto import keccak
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from vault.anchor import repository
from vault.anchor.archive import archive, place_of_event
from vault.anchor.chains import Chain
from vault.anchor.commitment import SALT, commitment
from vault.anchor.contract import BYTECODE, RUNTIME, SELECTOR
from vault.anchor.errors import AnchorError, ChainError
from vault.anchor.evidence import Json
from vault.anchor.fees import Fee
from vault.anchor.node import Node
from vault.anchor.repository import FINAL, MINED, SENT
from vault.anchor.sender import Sender, Signed
from vault.anchor.tables import AnchorRow, AnchorTransaction
from vault.checkpoint import sign_checkpoint
from vault.keys import KeyProvider

log = logging.getLogger(__name__)

SPARE = 1.25
"""What a transaction may use of gas beyond what it was estimated to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchoring:
    """All that one look at a chain needs."""

    chain: Chain
    sender: Sender
    node: Node
    sessions: Sessions
    keys: KeyProvider
    now: Callable[[], datetime]

    @property
    def contract(self) -> str:
        """The contract's address."""
        return contract_of(self.chain, self.sender)

    async def advance(self) -> None:
        """Do what can be done now, and make a new anchor if it is time for one.

        Raises:
            ChainError: something must wait, or needs the operator.
        """
        async with self.sessions.begin() as guard:
            sole = await repository.is_sole_writer(guard, self.chain.id, self.sender.address)
            if sole and await self.contract_is_there():
                await self._begin()
                await self._send(*await self._look())
                await self._finish()

    async def contract_is_there(self) -> bool:
        """Whether anchors can be made; if the contract is ours to create, that is begun."""
        found = await self.node.code(self.contract)
        if found == RUNTIME:
            return True
        if found or self.chain.contract:
            raise self._problem(f"there is no anchoring contract at {self.contract}")
        if await self.node.nonce(self.sender.address):
            raise self._problem("the sender was used before: set `contract`, or another key")
        # Only the sender's first transaction has number 0, so however often this is tried, it
        # happens once.
        signed, _ = await self._signed(nonce=0, data=BYTECODE)
        await self.node.send(signed.raw)
        return await self.node.code(self.contract) == RUNTIME

    async def _begin(self) -> None:
        """Make an anchor if it is time for one, also of what was anchored before."""
        async with self.sessions.begin() as session:
            at = self.now()
            if not await is_due(session, self.chain, at):
                return
            checkpoint = await sign_checkpoint(session, self.keys)
            salt = os.urandom(SALT)
            anchor = {
                "commitment": commitment(salt, checkpoint),
                "chain": self.chain.name,
                "salt": salt,
                "checkpoint": checkpoint,
                "size": size_of(checkpoint),
                "created_at": at,
                "changed_at": at,
            }
            await repository.add(session, anchor)

    async def _look(self) -> tuple[int, list[AnchorRow]]:
        """The number of the sender's next transaction, and the anchors that are in no block.

        The number is asked for first: a transaction that it counts has a receipt by then.
        """
        count, waiting = await self.node.nonce(self.sender.address), []
        for anchor in await self._unfinished():
            found = await self._found(anchor)
            if found is None:
                waiting.append(anchor)
                if anchor.state == MINED:
                    log.warning("an anchor on %s is in no block any more", self.chain.name)
                    await self._change(anchor, state=SENT, block=None)
                continue
            transaction, receipt = found
            count = max(count, transaction.nonce + 1)
            await self._change(anchor, state=MINED, block=int(receipt["blockNumber"], 16))
        return count, waiting

    async def _found(self, anchor: AnchorRow) -> tuple[AnchorTransaction, Json] | None:
        """The transaction that made the anchor public, and its receipt."""
        for transaction in reversed(anchor.transactions):
            receipt = await self.node.receipt(transaction.hash)
            if receipt is not None and self._place(anchor, receipt) is not None:
                return transaction, receipt
        return None

    async def _send(self, count: int, waiting: Sequence[AnchorRow]) -> None:
        last = [anchor.transactions[-1] if anchor.transactions else None for anchor in waiting]
        numbers = numbered(count, [None if one is None else one.nonce for one in last])
        for nonce, transaction, anchor in sorted(zip(numbers, last, waiting, strict=True)):
            if raw := await self._to_send(anchor, transaction, nonce):
                await self.node.send(raw)
                await self._change(anchor, state=SENT)

    async def _to_send(
        self, anchor: AnchorRow, last: AnchorTransaction | None, nonce: int
    ) -> bytes | None:
        """The bytes to send, which are kept by then; None while a lost number may come back."""
        if last is not None and self.now() - last.signed_at < self.chain.patience:
            return last.raw if last.nonce == nonce else None
        in_place_of = last if last is not None and last.nonce == nonce else None
        data = SELECTOR + anchor.commitment
        signed, fee = await self._signed(nonce, data, to=self.contract, in_place_of=in_place_of)
        transaction = {
            "hash": signed.hash,
            "commitment": anchor.commitment,
            "nonce": nonce,
            "raw": signed.raw,
            "most": fee.most,
            "tip": fee.tip,
            "signed_at": self.now(),
        }
        async with self.sessions.begin() as session:
            await repository.add_transaction(session, transaction)
        return signed.raw

    async def _signed(
        self,
        nonce: int,
        data: bytes,
        *,
        to: str | None = None,
        in_place_of: AnchorTransaction | None = None,
    ) -> tuple[Signed, Fee]:
        fee = await self._fee(in_place_of)
        call = {"data": f"0x{data.hex()}"} | ({"to": to} if to else {})
        gas = await self.node.gas(call | {"from": self.sender.address})
        limit = int(gas * SPARE)
        if await self.node.balance(self.sender.address) < limit * fee.most:
            raise self._problem(f"{self.sender.address} can't pay for an anchor: send it some coin")
        fields = {
            "type": 2,
            "chainId": self.chain.id,
            "nonce": nonce,
            "value": 0,
            "gas": limit,
            "maxFeePerGas": fee.most,
            "maxPriorityFeePerGas": fee.tip,
        }
        return self.sender.sign(fields | call), fee

    async def _fee(self, in_place_of: AnchorTransaction | None) -> Fee:
        latest = await self.node.block("latest") or {}
        if "baseFeePerGas" not in latest:
            raise self._problem("the chain has no base fee (EIP-1559); it can't be used")
        base, cap = int(latest["baseFeePerGas"], 16), self.chain.cap
        fee = Fee.fitting(base=base, tip=await self.node.tip(), cap=cap)
        if fee and in_place_of is not None:
            fee = Fee(most=in_place_of.most, tip=in_place_of.tip).raised(fee, cap=cap)
        if fee is None:
            raise self._problem(f"fees are above {self.chain.cap_gwei:g} gwei; it waits")
        return fee

    async def _finish(self) -> None:
        """Archive what is in a block that stays."""
        anchors = [one for one in await self._unfinished() if one.state == MINED]
        final = await self._final_height() if anchors else 0
        for anchor in anchors:
            if anchor.block is not None and anchor.block <= final:
                await self._archive(anchor)

    async def _archive(self, anchor: AnchorRow) -> None:
        found, block = await self._found(anchor), await self.node.block(anchor.block or 0)
        if found is None or block is None or block["hash"] != found[1]["blockHash"]:
            return  # The chain is just changing its mind: looked at again.
        try:
            written = await asyncio.to_thread(
                archive,
                chain=self.chain,
                contract=self.contract,
                sender=self.sender.address,
                anchor=anchor,
                transaction=found[0],
                block=block,
                receipts=await self.node.receipts(block),
                hashed=keccak,
            )
        except AnchorError as error:
            raise self._problem(f"an anchor can't be archived: {error}") from error
        await self._change(anchor, state=FINAL, archive=written)

    async def _final_height(self) -> int:
        if self.chain.confirmations is None:
            final = await self.node.block("finalized")
            return -1 if final is None else int(final["number"], 16)
        latest = await self.node.block("latest") or {"number": "0x0"}
        return int(latest["number"], 16) - self.chain.confirmations

    async def _unfinished(self) -> Sequence[AnchorRow]:
        async with self.sessions() as session:
            return await repository.unfinished(session, self.chain.name)

    async def _change(self, anchor: AnchorRow, **changes: Any) -> None:
        if any(getattr(anchor, name) != value for name, value in changes.items()):
            async with self.sessions.begin() as session:
                await repository.change(session, anchor.commitment, self.now(), **changes)

    def _place(self, anchor: AnchorRow, receipt: Json) -> int | None:
        return place_of_event(receipt, self.contract, self.sender.address, anchor.commitment)

    def _problem(self, words: str) -> ChainError:
        return ChainError(f"{self.chain.name}: {words}")


def contract_of(chain: Chain, sender: Sender) -> str:
    """The address of the contract: the one that is set, or the one that the sender creates."""
    return (chain.contract or sender.first_contract).lower()


async def is_due(session: AsyncSession, chain: Chain, now: datetime) -> bool:
    """Whether it is time for an anchor; while one waits for its block, no other is made."""
    if await repository.is_under_way(session, chain.name):
        return False
    last = await repository.last_made(session, chain.name)
    return last is None or now - last >= chain.cadence


def size_of(checkpoint: str) -> int:
    """How many entries a checkpoint of our own covers."""
    return int(checkpoint.split("\n")[1])


def numbered(count: int, nonces: Sequence[int | None]) -> list[int]:
    """The number that each transaction should have when the next of the sender is `count`.

    Those that are in line keep theirs; one whose number was used up, or lies beyond a gap that
    nobody will fill, gets another.
    """
    used_up = [nonce is None or nonce < count for nonce in nonces]
    order = sorted(range(len(nonces)), key=lambda one: (used_up[one], nonces[one] or 0))
    return [count + order.index(one) for one in range(len(nonces))]
