"""What is kept of an anchor for good: everything that checks it without the chain."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from vault.anchor import offline, repository
from vault.anchor.chains import Chain
from vault.anchor.evidence import Json, collect
from vault.anchor.tables import AnchorRow, AnchorTransaction
from vault.anchor.trie import Hash


async def archived(session: AsyncSession, size: int | None = None) -> list[dict[str, Any]]:
    """Final anchors of checkpoints that cover at least `size` entries, the earliest first."""
    return list(await repository.archives(session, covering=size or 0))


def archive(
    *,
    chain: Chain,
    contract: str,
    sender: str,
    anchor: AnchorRow,
    transaction: AnchorTransaction,
    block: Json,
    receipts: Sequence[Json],
    hashed: Hash,
) -> dict[str, Any]:
    """Put an anchor's archive together, and check it as anyone later will.

    Raises:
        AnchorError: the chain's blocks can't be written as they were hashed.
    """
    index = block["transactions"].index(_hex(transaction.hash))
    found = collect(block, receipts, index, hashed=hashed)
    written = {
        "version": offline.VERSION,
        "chain": {"id": chain.id, "name": chain.name, "development": chain.development},
        "contract": contract,
        "sender": sender,
        "checkpoint": anchor.checkpoint,
        "salt": anchor.salt.hex(),
        "commitment": anchor.commitment.hex(),
        "transaction": {
            "hash": _hex(transaction.hash),
            "raw": _hex(transaction.raw),
            "index": index,
        },
        "block": {
            "number": int(block["number"], 16),
            "hash": block["hash"],
            "timestamp": int(block["timestamp"], 16),
            "header": _hex(found.header),
        },
        "receipt": {
            "rlp": _hex(found.receipt),
            "log_index": place_of_event(receipts[index], contract, sender, anchor.commitment),
            "proof": [_hex(node) for node in found.proof],
        },
    }
    offline.check(written)
    return written


def place_of_event(receipt: Json, contract: str, sender: str, commitment: bytes) -> int | None:
    """Which of a receipt's events is the anchor's, from 0; None if it failed or has none."""
    wanted = [_hex(topic) for topic in offline.topics(commitment, sender)]
    for place, log in enumerate(receipt["logs"] if receipt["status"] == "0x1" else ()):
        if log["address"].lower() == contract and list(log["topics"]) == wanted:
            return place
    return None


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
