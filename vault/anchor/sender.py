"""The key that pays for anchors and does nothing else; it never prints."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from eth_account import Account
from eth_account.signers.local import LocalAccount

from core.errors import ConfigurationError
from core.settings import Settings
from vault.anchor import rlp
from vault.anchor.chains import Chain
from vault.anchor.keccak import keccak256

READABLE_BY_OTHERS = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A transaction that can be sent as it is, and the hash under which it is found."""

    raw: bytes
    hash: bytes


class Sender:
    """A sending account."""

    __slots__ = ("_account",)

    def __init__(self, key: bytes) -> None:
        """Take the 32 secret bytes of a secp256k1 key."""
        self._account: LocalAccount = Account.from_key(key)

    def __repr__(self) -> str:
        return f"<Sender {self.address}>"

    @classmethod
    def of(cls, chain: Chain, settings: Settings) -> Self:
        """The sender of a chain: from its key file, which is made if it is missing, or ANCHOR_KEY.

        Raises:
            ConfigurationError: there is no usable key; the message tells which setting.
        """
        if chain.key_file is not None:
            return cls(_parsed(_read(chain.key_file), str(chain.key_file)))
        if settings.anchor_key is None:
            raise ConfigurationError(f"the chain {chain.name} needs key_file, or ANCHOR_KEY")
        return cls(_parsed(settings.anchor_key.get_secret_value(), "ANCHOR_KEY"))

    @property
    def address(self) -> str:
        """`0x` and 40 lower-case hexadecimal digits."""
        return str(self._account.address).lower()

    @property
    def first_contract(self) -> str:
        """The address of the contract that this account creates as its very first act."""
        made = keccak256(rlp.encode([bytes.fromhex(self.address[2:]), rlp.number(0)]))
        return f"0x{made[12:].hex()}"

    def sign(self, transaction: Mapping[str, Any]) -> Signed:
        """Sign a transaction of type 2; its addresses are as everywhere here, in lower case."""
        to = {"to": bytes.fromhex(transaction["to"][2:])} if "to" in transaction else {}
        signed = self._account.sign_transaction({**transaction, **to})
        return Signed(raw=bytes(signed.raw_transaction), hash=bytes(signed.hash))


def _read(path: Path) -> str:
    if not path.exists():
        _create(path)
    if path.stat().st_mode & READABLE_BY_OTHERS:
        raise ConfigurationError(f"{path} may be read by others; run: chmod 600 {path}")
    return path.read_text(encoding="ascii", errors="replace")


def _create(path: Path) -> None:
    """Whole or not at all; whoever is first makes the key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"0x{bytes(Account.create().key).hex()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _parsed(text: str, origin: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip().removeprefix("0x"))
        Account.from_key(key)
    except Exception:  # noqa: BLE001 - whatever it says may quote the key
        raise ConfigurationError(f"{origin} should hold 64 hexadecimal digits, a key") from None
    return key
