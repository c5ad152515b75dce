"""Check an archived anchor without a network, a key or a library: only hashes are trusted.

What stays open is said as plainly as what is proven: that the block is part of the chain at all
can't be told from a file, but its hash can be looked up in any block explorer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vault.anchor import rlp, trie
from vault.anchor.commitment import SALT, commitment
from vault.anchor.errors import AnchorError
from vault.anchor.keccak import keccak256

VERSION = 1
EVENT = keccak256(b"Anchored(bytes32,address)")
"""The first topic of the contract's event; the commitment and the sender are the others."""
RECEIPTS, NUMBER, TIME = 5, 8, 11
"""Places of a header's fields."""
SUCCEEDED = b"\x01"
HASH = 32
DEVELOPMENT = (
    "a development anchor: whoever runs such a chain can make any block; "
    "it proves nothing to a third party"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What an archived anchor proves. `at` is the time that its block claims."""

    checkpoint: str
    commitment: bytes
    chain: str
    chain_id: int
    development: bool
    contract: str
    sender: str
    number: int
    block: str
    at: datetime

    @property
    def proven(self) -> tuple[str, ...]:
        """In sentences, what needs no further trust."""
        return (
            f"the commitment {self.commitment.hex()} was made from this checkpoint and salt",
            f"block {self.block} has number {self.number} and time {self.at:%Y-%m-%d %H:%M:%S} UTC",
            f"in that block the contract {self.contract} logged the commitment for {self.sender}",
        )

    def unproven(self, *, looked_up: bool = False) -> tuple[str, ...]:
        """In sentences, what this file can't show: alone, or with the block looked up."""
        if self.development:
            return (DEVELOPMENT,)
        where = (
            f"that the block is part of {self.chain} (chain {self.chain_id}), which are the file's "
            "own words: compare number and hash with any block explorer or node"
        )
        whose = (
            f"that {self.contract} and {self.sender} are the organisation's: "
            "compare them with what it has published"
        )
        return (whose,) if looked_up else (where, whose)


def check(archived: Mapping[str, Any]) -> Anchor:
    """Check everything that hashes can show.

    Raises:
        AnchorError: naming the first thing that is wrong.
    """
    try:
        anchor = _checked(archived)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise AnchorError("the file is no archived anchor, or parts of it are missing") from error
    return anchor


def topics(committed: bytes, sender: str) -> list[bytes]:
    """What the contract logs for a commitment: three words of 32 bytes."""
    return [EVENT, committed, _octets(sender).rjust(HASH, b"\0")]


def _checked(archived: Mapping[str, Any]) -> Anchor:
    _require(archived["version"] == VERSION, "the file is of another version")
    salt, checkpoint = bytes.fromhex(archived["salt"]), archived["checkpoint"]
    committed = commitment(salt, checkpoint)
    opens = len(salt) == SALT and committed.hex() == archived["commitment"]
    _require(opens, "the commitment was not made from this checkpoint and salt")
    block, transaction = archived["block"], archived["transaction"]
    header = _header(block)
    log = _log(archived["receipt"], transaction["index"], header[RECEIPTS])
    contract, sender = archived["contract"].lower(), archived["sender"].lower()
    _require(_hex(log[0]) == contract, "another contract logged it")
    _require(
        log[1] == topics(committed, sender),
        "what was logged is not this commitment for this sender",
    )
    raw = keccak256(_octets(transaction["raw"]))
    _require(_hex(raw) == transaction["hash"].lower(), "the transaction has another hash")
    return Anchor(
        checkpoint=checkpoint,
        commitment=committed,
        chain=str(archived["chain"]["name"]),
        chain_id=int(archived["chain"]["id"]),
        development=bool(archived["chain"]["development"]),
        contract=contract,
        sender=sender,
        number=block["number"],
        block=block["hash"].lower(),
        at=datetime.fromtimestamp(block["timestamp"], UTC),
    )


def _header(block: Mapping[str, Any]) -> Sequence[Any]:
    """The header's fields."""
    written = _octets(block["header"])
    _require(_hex(keccak256(written)) == block["hash"].lower(), "the header has another hash")
    header: Any = rlp.decode(written)
    _require(isinstance(header, list) and len(header) > TIME, "the header is malformed")
    says = (_number(header[NUMBER]), _number(header[TIME]))
    same = says == (block["number"], block["timestamp"])
    _require(same, "the header tells another number or time")
    fields: Sequence[Any] = header
    return fields


def _log(receipt: Mapping[str, Any], index: int, root: Any) -> Sequence[Any]:
    """The event in a receipt that is proven to be the block's number `index`."""
    written = _octets(receipt["rlp"])
    proof = [_octets(node) for node in receipt["proof"]]
    held = trie.proven(root, index, proof)
    _require(held == written, "the block holds another receipt")
    # In front of the list stands the transaction's type, unless it is of the first kind.
    body: Any = rlp.decode(written[written[0] < rlp.LIST :])
    status, _, _, logs = body
    _require(status == SUCCEEDED, "the transaction failed")
    _require(receipt["log_index"] >= 0, "the event has no place in the receipt")
    log: Sequence[Any] = logs[receipt["log_index"]]
    return log


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise AnchorError(otherwise)


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _number(field: bytes) -> int:
    return int.from_bytes(field, "big")
