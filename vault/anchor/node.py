"""The only door to a chain's nodes: JSON-RPC by web3, and only our own errors come out.

A node is asked, never believed: what matters is hashed again (`evidence`) or only costs a fee.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiohttp import ClientError, ClientTimeout
from eth_typing import HexStr
from pydantic import SecretStr
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.exceptions import Web3Exception, Web3RPCError
from web3.types import RPCEndpoint

from vault.anchor.chains import Chain
from vault.anchor.errors import ChainError, NodeError, RefusedError

Json = Mapping[str, Any]

SECONDS = 20
HAS_IT = ("already known", "already imported", "known transaction", "nonce too low", "already exi")
"""What nodes say when a transaction came twice, or was mined already."""


class Node:
    """One node of a chain."""

    def __init__(self, name: str, address: SecretStr) -> None:
        """Name the chain for messages; the node's address stays out of them."""
        self._name = name
        provider = AsyncHTTPProvider(
            address.get_secret_value(),
            request_kwargs={"timeout": ClientTimeout(total=SECONDS)},
            exception_retry_configuration=None,
        )
        # Without middleware: what is hashed must be what came.
        self._web3 = AsyncWeb3(provider, middleware=[])

    async def close(self) -> None:
        """Let go of the connections."""
        await self._web3.provider.disconnect()

    async def request(self, method: str, *params: Any) -> Any:
        """One call.

        Raises:
            RefusedError: the node answered with an error; its cause tells the code.
            NodeError: it did not answer.
        """
        try:
            return await self._web3.manager.coro_request(RPCEndpoint(method), list(params))
        except Web3RPCError as error:
            raise RefusedError(f"a node of {self._name} refuses {method}") from error
        except (ClientError, OSError, TimeoutError, ValueError, Web3Exception) as error:
            what = type(error).__name__
            raise NodeError(f"a node of {self._name} does not answer ({what})") from None

    async def chain_id(self) -> int:
        """The chain's number."""
        return _number(await self.request("eth_chainId"))

    async def code(self, address: str) -> bytes:
        """The contract at an address, or nothing."""
        return _octets(await self.request("eth_getCode", address, "latest"))

    async def balance(self, address: str) -> int:
        """What an address has, in wei."""
        return _number(await self.request("eth_getBalance", address, "latest"))

    async def nonce(self, address: str) -> int:
        """How many transactions of an address are in blocks."""
        return _number(await self.request("eth_getTransactionCount", address, "latest"))

    async def tip(self) -> int:
        """What the node thinks is needed beside the base fee, in wei for a unit of gas."""
        return _number(await self.request("eth_maxPriorityFeePerGas"))

    async def gas(self, transaction: Json) -> int:
        """How much gas a transaction would take."""
        return _number(await self.request("eth_estimateGas", transaction))

    async def block(self, which: int | str) -> Json | None:
        """A block by number or by tag."""
        tag = hex(which) if isinstance(which, int) else which
        found: Json | None = await self.request("eth_getBlockByNumber", tag, False)  # noqa: FBT003
        return found

    async def receipt(self, transaction: bytes) -> Json | None:
        """The receipt of a transaction that is in a block."""
        found: Json | None = await self.request("eth_getTransactionReceipt", _hex(transaction))
        return found

    async def receipts(self, block: Json) -> Sequence[Json]:
        """All receipts of a block, in order."""
        try:
            found = await self.request("eth_getBlockReceipts", block["number"])
        except RefusedError:
            found = [
                await self.request("eth_getTransactionReceipt", one)
                for one in block["transactions"]
            ]
        if found is None or None in found:
            raise NodeError(f"a node of {self._name} does not have all receipts yet")
        return list(found)

    async def logs(self, contract: str, topics: Sequence[str], block: int) -> Sequence[Json]:
        """The events of a contract with these topics in one block."""
        place = {"fromBlock": hex(block), "toBlock": hex(block)}
        found: list[Json] = await self.request(
            "eth_getLogs", {"address": contract, "topics": list(topics), **place}
        )
        return found

    async def send(self, raw: bytes) -> None:
        """Hand over a signed transaction; it is no error if the node has it.

        Raises:
            RefusedError: the node does not want it.
        """
        try:
            await self.request("eth_sendRawTransaction", HexStr(_hex(raw)))
        except RefusedError as error:
            if not any(words in str(error.__cause__).lower() for words in HAS_IT):
                raise


@contextlib.asynccontextmanager
async def open_node(chain: Chain) -> AsyncIterator[Node]:
    """The first node that answers for this very chain.

    Raises:
        ChainError: none does, or one is of another chain.
    """
    problem = NodeError(f"{chain.name} has no node")
    for address in chain.rpc:
        node = Node(chain.name, address)
        try:
            number = await node.chain_id()
        except NodeError as error:
            problem = error
            await node.close()
            continue
        try:
            if number != chain.id:
                raise ChainError(f"a node of {chain.name} is of chain {number}, not {chain.id}")
            yield node
        finally:
            await node.close()
        return
    raise problem


def _number(text: str) -> int:
    return int(text, 16)


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
