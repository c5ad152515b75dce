"""What a development chain needs to be like a real one: coin from nowhere, and blocks.

Such a chain makes a block only when something happens on it, so nothing there would ever be final.
"""

from vault.anchor.errors import RefusedError
from vault.anchor.node import Node

COIN = 10**18


async def tend(node: Node, sender: str) -> None:
    """See that the sender can pay, and make a block; a chain that won't is left as it is."""
    try:
        if await node.balance(sender) < COIN:
            await node.request("anvil_setBalance", sender, hex(COIN))
        await node.request("evm_mine")
    except RefusedError:
        return
