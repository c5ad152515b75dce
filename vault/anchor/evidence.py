"""From a node's JSON to what proves, without any node, that a receipt is part of a block.

What is made here is hashed and compared with what the node says; a block that can't be written as
Ethereum writes it (up to the Osaka fork) is refused, never guessed at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.anchor import rlp, trie
from vault.anchor.errors import AnchorError
from vault.anchor.trie import Hash

Json = Mapping[str, Any]

ALWAYS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
)
LATER = (
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
)
"""Fields that forks have added, each after all before it."""
NUMBERS = {
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "baseFeePerGas",
    "blobGasUsed",
    "excessBlobGas",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A block's header, one of its receipts, and the proof that it is; RLP, as they are hashed."""

    header: bytes
    receipt: bytes
    proof: Sequence[bytes]


def collect(block: Json, receipts: Sequence[Json], index: int, *, hashed: Hash) -> Evidence:
    """The evidence for receipt number `index` among all receipts of a block, in order.

    Raises:
        AnchorError: header or receipts do not hash to what the block says.
    """
    header = header_of(block)
    if hashed(header) != octets(block["hash"]):
        raise AnchorError("the chain's block headers have an unknown form")
    written = [receipt_of(receipt) for receipt in receipts]
    proof = trie.prove(written, index, hashed=hashed)
    if hashed(proof[0]) != octets(block["receiptsRoot"]):
        raise AnchorError("the chain's receipts have an unknown form")
    return Evidence(header=header, receipt=written[index], proof=proof)


def header_of(block: Json) -> bytes:
    """A block's header, with those of the later fields that the block has."""
    names = [*ALWAYS, *(name for name in LATER if block.get(name) is not None)]
    return rlp.encode([_field(name, block[name]) for name in names])


def receipt_of(receipt: Json) -> bytes:
    """A receipt as its block's trie holds it."""
    # Before the Byzantium fork a state root stood in place of the status.
    status = receipt.get("status")
    outcome = octets(receipt["root"]) if status is None else rlp.number(int(status, 16))
    logs: list[rlp.Item] = [
        [octets(log["address"]), [octets(topic) for topic in log["topics"]], octets(log["data"])]
        for log in receipt["logs"]
    ]
    gas = rlp.number(int(receipt["cumulativeGasUsed"], 16))
    written = rlp.encode([outcome, gas, octets(receipt["logsBloom"]), logs])
    return rlp.number(int(receipt.get("type", "0x0"), 16)) + written


def octets(text: str) -> bytes:
    """The bytes that `0x…` writes."""
    return bytes.fromhex(text.removeprefix("0x"))


def _field(name: str, value: str) -> bytes:
    return rlp.number(int(value, 16)) if name in NUMBERS else octets(value)
