"""Blocks as real nodes give them, in the forms of every fork, with many kinds of transactions."""

from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from backup.chain import anvil
from core.database import Sessions
from tests.vault.anchor.site import Site
from vault.anchor import offline
from vault.anchor.errors import AnchorError
from vault.anchor.evidence import LATER, collect
from vault.keys import LocalKeyProvider

FORKS = ["london", "paris", "shanghai", "cancun", "prague", "osaka"]


@pytest.mark.parametrize("fork", FORKS)
async def test_an_anchor_among_many_transactions_is_proven_on_every_fork(
    fork: str, binary: Path, tmp_path: Path, sessions: Sessions, keys: LocalKeyProvider
) -> None:
    with anvil.alone(binary, tmp_path / "state.json", "--hardfork", fork) as rpc:
        async with Site(rpc=rpc, sessions=sessions, keys=keys) as site:
            await site.create()
            archive = await crowded(site, 140)
            block = await site.node.block(archive["block"]["number"])

    assert block is not None
    assert len(block["transactions"]) == 141
    assert archive["transaction"]["index"] > 0
    assert len(archive["receipt"]["proof"]) > 2
    assert offline.check(archive).block == block["hash"]


async def crowded(site: Site, others: int) -> dict[str, Any]:
    """The archive of an anchor whose block holds so many other transactions of two kinds."""
    await site.hold()
    crowd = Site(rpc=site.rpc, sessions=site.sessions, keys=site.keys)
    async with crowd:
        for nonce in range(others):
            common = {"chainId": site.chain.id, "nonce": nonce, "value": 1, "gas": 21_000}
            dynamic = {"type": 2, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**10}
            fee = dynamic if nonce % 2 else {"gasPrice": 10**11}
            signed = crowd.sender.sign(common | fee | {"to": "0x" + "aa" * 20})
            await site.node.send(signed.raw)
    return await site.until_final()


async def test_what_a_node_makes_up_is_refused(site: Site) -> None:
    archive = await site.until_final()
    block = dict(await site.node.block(archive["block"]["number"]) or {})
    receipts = [dict(one) for one in await site.node.receipts(block)]

    collect(block, receipts, 0, hashed=keccak)

    for wrong in (
        block | {"timestamp": "0x1"},
        block | {"parentHash": "0x" + "00" * 32},
        {name: value for name, value in block.items() if name != LATER[-1]},
    ):
        with pytest.raises(AnchorError, match="headers"):
            collect(wrong, receipts, 0, hashed=keccak)
    with pytest.raises(AnchorError, match="receipts"):
        collect(block, [receipts[0] | {"cumulativeGasUsed": "0x1"}], 0, hashed=keccak)
