"""Look an anchor up at any node of its chain, without a key: is its block still part of the chain?

The node is believed; ask one that you trust, or several.
"""

from pydantic import SecretStr

from vault.anchor import offline
from vault.anchor.errors import AnchorError
from vault.anchor.node import Node


async def look_up(anchor: offline.Anchor, rpc: str) -> tuple[str, ...]:
    """What the node confirms, in sentences.

    Raises:
        AnchorError: the node says otherwise.
        NodeError: it does not answer.
    """
    node = Node("this chain", SecretStr(rpc))
    try:
        if await node.chain_id() != anchor.chain_id:
            raise AnchorError(f"the node is not of chain {anchor.chain_id}")
        block = await node.block(anchor.number)
        if block is None or block["hash"] != anchor.block:
            raise AnchorError(f"the chain has another block {anchor.number}, or none")
        topics = [f"0x{one.hex()}" for one in offline.topics(anchor.commitment, anchor.sender)]
        logs = await node.logs(anchor.contract, topics, anchor.number)
        if not any(log["blockHash"] == anchor.block for log in logs):
            raise AnchorError("the chain's events do not show the commitment")
    finally:
        await node.close()
    return (
        f"the node's chain {anchor.chain_id} has block {anchor.number} with this very hash",
        "the node finds the commitment among the events of the contract in that block",
    )
