"""The worker on a real chain: an anchor's life, and every misfortune on its way."""

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event

from backup.chain import anvil
from core.database import Sessions
from tests.vault.anchor.site import COIN, Site
from vault.anchor import offline
from vault.anchor.commitment import commitment
from vault.anchor.errors import ChainError, NodeError
from vault.anchor.node import Node
from vault.anchor.sender import Sender


class Crash(BaseException):
    """What a killed process does: nothing more."""


class Unlucky(Node):
    """A node to which something happens at one of the calls, before it is made or after."""

    def __init__(self, rpc: str, *, at: int, after: bool, error: BaseException) -> None:
        super().__init__("test", SecretStr(rpc))
        self.aclose = self.close
        self.calls, self._at, self._after, self._error = count(1), at, after, error

    async def request(self, method: str, *params: Any) -> Any:
        now = next(self.calls) == self._at
        if now and not self._after:
            raise self._error
        answer = await super().request(method, *params)
        if now:
            raise self._error
        return answer


@contextlib.contextmanager
def crash_at_commit(sessions: Sessions, number: int) -> Iterator[None]:
    engine, commits = sessions.kw["bind"].sync_engine, count(1)

    def perhaps(_: object) -> None:
        if next(commits) == number:
            raise Crash

    event.listen(engine, "commit", perhaps)
    try:
        yield
    finally:
        event.remove(engine, "commit", perhaps)


async def test_an_anchor_is_sent_mined_final_and_archived(site: Site) -> None:
    states = []
    for _ in range(3):
        await site.advance()
        states += await site.states()
        await site.mine()
    (row,) = await site.rows()
    (archive,) = await site.archives()

    anchor = offline.check(archive)

    assert states == ["sent", "mined", "final"]
    assert anchor.checkpoint == row.checkpoint
    assert anchor.commitment == commitment(row.salt, row.checkpoint) == row.commitment
    assert (anchor.sender, anchor.chain_id) == (site.sender.address, anvil.CHAIN_ID)
    assert len(await site.events(row.commitment)) == 1


async def test_an_idle_log_is_anchored_again_on_time_and_looks_different(site: Site) -> None:
    site.set(every_minutes=10)
    await site.until_final()
    for minutes in (9, 1, 10):
        site.pass_(minutes=minutes)
        await site.until_final()

    rows = await site.rows()

    assert len(rows) == 3
    assert len({row.checkpoint for row in rows}) == 1
    assert len({row.commitment for row in rows}) == 3


async def life(site: Site, node: Node | None) -> None:
    """Until an anchor is final; a process that ends early is followed by another."""
    for _ in range(8):
        try:
            await site.advance(node)
        except (Crash, NodeError):
            node = None
        await site.mine()


@pytest.mark.parametrize(
    ("error", "after"), [(Crash(), False), (Crash(), True), (NodeError("away"), True)]
)
async def test_whatever_call_fails_the_anchor_is_made_once(
    site: Site, error: BaseException, *, after: bool
) -> None:
    for at in count(1):
        site.sender = Sender(at.to_bytes(32, "big"))
        site.set(name=f"call {at}")
        await site.fund(COIN)
        async with contextlib.aclosing(Unlucky(site.rpc, at=at, after=after, error=error)) as node:
            await life(site, node)

        (row,) = await site.rows()
        assert row.state == "final", at
        assert len(await site.events(row.commitment)) == 1
        assert await site.node.nonce(site.sender.address) == 2, "one contract, one anchor"
        if next(node.calls) <= at:  # it was never so far
            assert at > 20, "calls of a whole life"
            break


async def test_whatever_commit_fails_the_anchor_is_made_once(site: Site) -> None:
    for at in range(1, 12):
        site.sender = Sender(at.to_bytes(32, "big"))
        site.set(name=f"commit {at}")
        await site.fund(COIN)
        with crash_at_commit(site.sessions, at):
            await life(site, None)
        await life(site, None)

        (row,) = await site.rows()
        assert row.state == "final", at
        assert len(await site.events(row.commitment)) == 1
        assert await site.node.nonce(site.sender.address) == 2


async def test_of_two_workers_one_writes(site: Site) -> None:
    for _ in range(4):
        await asyncio.gather(site.advance(), site.advance(), site.advance())
        await site.mine()

    assert await site.states() == ["final"]
    assert await site.node.nonce(site.sender.address) == 2


async def test_a_block_that_vanishes_takes_the_anchor_back_and_it_is_sent_again(site: Site) -> None:
    await site.advance()
    await site.mine()
    await site.advance()
    (mined,) = await site.rows()
    await site.node.request("anvil_reorg", 2, [])
    await site.advance()
    (back,) = await site.rows()

    archive = await site.until_final()

    assert (mined.state, back.state) == ("mined", "sent")
    assert archive["commitment"] == mined.commitment.hex()
    assert len(await site.events(mined.commitment)) == 1
    assert await site.node.nonce(site.sender.address) == 2


async def test_a_chain_that_begins_anew_gets_contract_and_anchor_again(
    site: Site, binary: Path, tmp_path: Path
) -> None:
    await site.until_final()
    site.pass_(days=1)
    await site.advance()
    (_, before) = await site.rows()
    with anvil.alone(binary, tmp_path / "another.json") as rpc:
        async with Site(
            rpc=rpc, sessions=site.sessions, keys=site.keys, sender=site.sender, time=site.time
        ) as anew:
            await anew.create()
            anew.pass_(minutes=10)
            await anew.until_final()

            assert await anew.states() == ["final", "final"]
            assert len(await anew.events(before.commitment)) == 1


async def test_a_transaction_that_waits_too_long_is_replaced_by_a_dearer_one(site: Site) -> None:
    await site.until_final()
    site.pass_(days=1)
    await site.hold()
    await site.advance()
    await site.advance()
    site.pass_(minutes=10)
    await site.advance()
    await site.mine()
    await site.advance()

    (_, row) = await site.rows()
    first, second = row.transactions

    assert row.state == "mined"
    assert first.nonce == second.nonce
    assert second.most * 8 >= first.most * 9
    assert second.tip * 8 >= first.tip * 9
    assert len(await site.events(row.commitment)) == 1


async def test_a_dear_chain_waits_and_says_so(site: Site) -> None:
    await site.until_final()
    site.pass_(days=1)
    site.set(cap_gwei=0.001)

    with pytest.raises(ChainError, match=r"fees are above 0.001 gwei"):
        await site.advance()
    site.set()
    await site.until_final()

    assert await site.states() == ["final", "final"]


async def test_an_empty_purse_is_said_with_the_address_to_fund(site: Site) -> None:
    await site.until_final()
    site.pass_(days=1)
    await site.fund(1000)

    with pytest.raises(ChainError, match=f"{site.sender.address} can't pay"):
        await site.advance()
    await site.fund(COIN)
    await site.until_final()

    assert await site.states() == ["final", "final"]


async def test_another_contract_or_none_is_refused(site: Site) -> None:
    await site.until_final()
    site.pass_(days=1)
    site.set(contract="0x" + "11" * 20)

    with pytest.raises(ChainError, match="no anchoring contract"):
        await site.advance()

    assert await site.states() == ["final"]


async def test_a_sender_with_a_past_is_refused_as_creator(site: Site) -> None:
    await site.until_final()
    contract = site.anchoring().contract
    await site.node.request("anvil_setCode", contract, "0x")
    site.pass_(days=1)

    with pytest.raises(ChainError, match="was used before"):
        await site.advance()


async def test_an_anchor_by_anybody_else_is_not_ours(site: Site) -> None:
    await site.until_final()
    await site.hold()
    site.pass_(days=1)
    await site.advance()
    (_, row) = await site.rows()
    contract = site.anchoring().contract
    stranger = Site(rpc=site.rpc, sessions=site.sessions, keys=site.keys)
    async with stranger:
        stranger.set(contract=contract)
        fee = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**10}
        copied = stranger.sender.sign(
            {"type": 2, "chainId": anvil.CHAIN_ID, "nonce": 0, "value": 0, "gas": 60_000}
            | {"to": contract, "data": "0xeecdf927" + row.commitment.hex(), **fee}
        )
        await stranger.node.send(copied.raw)
        await stranger.node.request("anvil_dropTransaction", f"0x{row.transactions[0].hash.hex()}")
        await stranger.mine()
    await site.advance()

    assert await site.states() == ["final", "sent"]
    assert len(await site.events(row.commitment)) == 1


async def test_a_chain_without_finality_is_believed_after_enough_blocks(site: Site) -> None:
    site.set(confirmations=5)
    await site.advance()
    await site.mine(4)
    await site.advance()
    early = await site.states()
    await site.mine()
    await site.advance()

    assert (early, await site.states()) == (["mined"], ["final"])
