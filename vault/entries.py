"""Entries of the custody log as values: what they say, and the hash that stands for them.

An entry's leaf is SHA-256(0x00 ‖ salt ‖ text), where the text is the RFC 8785 form of

    {"action", "actor", "at", "case", "record", "sha256", "size", "version": 1}

for what the program did by itself, and for what a person did who was signed in

    {"action", "actor", "at", "case", "record", "sequence", "sha256", "signature", "signer",
     "size", "version": 2}

`signature` is Ed25519 by `signer` over `SIGNED` ‖ salt ‖ the same text without "signature". It
covers the entry's number and time, so that it fits no other place. Bytes are in lower-case
hexadecimal; a time is UTC to the microsecond; what does not apply is null.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from json.encoder import encode_basestring
from uuid import UUID

from vault import tlog
from vault.canonical import EXACT
from vault.errors import SealError
from vault.signing import ActorKey, is_signed_by

SIGNED = b"backup custody entry v2\n"


Fields = tuple[
    int,
    int,
    str,
    str,
    bytes | None,
    int | None,
    bytes | None,
    int | None,
    bytes | None,
    bytes | None,
]
"""Number, microseconds since 1970, actor, action, case (16 bytes), record, SHA-256, size, signer,
and signature: an entry without its salt and hashes, in the order in which rows are read."""

Row = tuple[*Fields, bytes, bytes, bytes]
"""The same with salt, leaf and node."""


class Action(StrEnum):
    """What an entry says was done."""

    OPEN = "open"
    ADMIT = "admit"
    PRESERVE = "preserve"
    REFUSE = "refuse"
    VIEW = "view"
    EXPORT = "export"
    SHRED = "shred"
    ADD = "add"
    REMOVE = "remove"
    LEAVE = "leave"
    REKEY = "rekey"
    RECOVER = "recover"
    HOLD = "hold"
    RELEASE = "release"
    ENROL = "enrol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an entry tells, but for its number and time.

    `sha256` (32 bytes) and `size` (bytes) are those of a ciphertext; for a view, of the digests of
    all ciphertexts shown, one after the other, and their whole size. Only an `enrol` is of no case.
    """

    actor: str
    action: str
    case_id: UUID | None = None
    record_id: int | None = None
    sha256: bytes | None = None
    size: int | None = None

    def entered(
        self, frontier: tlog.Frontier, *, at: datetime, salt: bytes, signer: ActorKey | None
    ) -> tuple["Entry", tlog.Frontier]:
        """The entry that comes next, and the tree with it."""
        sequence = frontier.size + 1
        public = None if signer is None else signer.public
        text = self._text(sequence, at, public, None)
        signature = None if signer is None else signer.sign(SIGNED + salt + text)
        leaf = tlog.leaf_hash(salt + self._text(sequence, at, public, signature))
        grown = frontier.grow(leaf)
        entry = Entry(
            actor=self.actor,
            action=self.action,
            case_id=self.case_id,
            record_id=self.record_id,
            sha256=self.sha256,
            size=self.size,
            sequence=sequence,
            at=at,
            signer=public,
            signature=signature,
            salt=salt,
            leaf=leaf,
            node=grown.node,
        )
        return entry, grown

    def _text(
        self, sequence: int, at: datetime, signer: bytes | None, signature: bytes | None
    ) -> bytes:
        case = None if self.case_id is None else self.case_id.bytes
        said = (self.actor, self.action, case, self.record_id, self.sha256, self.size)
        return entry_text((sequence, microseconds(at), *said, signer, signature))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Act):
    """An entry as it was written: number (from 1), time, salt, and its two hashes of the tree.

    `signer` (a public key, 32 bytes) and `signature` (64 bytes) stand in what a person did.
    """

    sequence: int
    at: datetime
    signer: bytes | None = None
    signature: bytes | None = None
    salt: bytes
    leaf: bytes
    node: bytes

    @property
    def row(self) -> Row:
        """The entry as a bare row."""
        case = None if self.case_id is None else self.case_id.bytes
        said = (self.actor, self.action, case, self.record_id, self.sha256, self.size)
        hashes = (self.salt, self.leaf, self.node)
        return (self.sequence, microseconds(self.at), *said, self.signer, self.signature, *hashes)

    @property
    def text(self) -> bytes:
        """What its leaf hashes after the salt; SealError when it says what no entry can say."""
        return self._text(self.sequence, self.at, self.signer, self.signature)

    @property
    def hashed(self) -> bytes:
        """The leaf that what it says would have; raises as `text` does."""
        return tlog.leaf_hash(self.salt + self.text)

    @property
    def unchanged(self) -> bool:
        """Whether the entry says what its hash was made from."""
        try:
            return self.hashed == self.leaf
        except SealError:
            return False

    @property
    def signed(self) -> bool:
        """Whether the key that it names has signed it; whose key that is, an `enrol` says."""
        if self.signer is None or self.signature is None:
            return False
        text = self._text(self.sequence, self.at, self.signer, None)
        return is_signed_by(self.signer, SIGNED + self.salt + text, self.signature)


def entry_text(fields: Fields) -> bytes:
    """The canonical text of an entry.

    Written by hand: a log of a million entries is read at every start.

    Raises:
        SealError: for a value that has no exact form.
    """
    sequence, at, actor, action, case, record, sha256, size, signer, signature = fields
    if not -EXACT <= (record or 0) <= EXACT or not -EXACT <= (size or 0) <= EXACT:
        raise SealError("a number of an entry has no canonical form")
    if signer is None and signature is not None:
        raise SealError("an entry has a signature and no signer")
    text = (
        f'{{"action":{_quoted(action)},"actor":{_quoted(actor)},"at":"{_stamp(at)}"'
        f',"case":{_uuid(case)},"record":{"null" if record is None else record}'
    )
    digest = "null" if sha256 is None else f'"{sha256.hex()}"'
    length = "null" if size is None else size
    if signer is None:
        text += f',"sha256":{digest},"size":{length},"version":1}}'
    else:
        signed = "" if signature is None else f',"signature":"{signature.hex()}"'
        text += (
            f',"sequence":{sequence},"sha256":{digest}{signed}'
            f',"signer":"{signer.hex()}","size":{length},"version":2}}'
        )
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise SealError("a field holds half a character") from error


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000


def microseconds(at: datetime) -> int:
    """A moment as the whole number of microseconds since 1970."""
    since = at - _EPOCH
    return (since.days * 86400 + since.seconds) * _SECOND + since.microseconds


_quoted = lru_cache(4096)(encode_basestring)


def _stamp(at: int) -> str:
    second, rest = divmod(at, _SECOND)
    return f"{_second(second)}.{rest:06d}Z"


@lru_cache(4096)
def _second(second: int) -> str:
    try:
        return datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat()
    except (OSError, OverflowError, ValueError) as error:
        raise SealError("a time is out of all bounds") from error


def _uuid(case: bytes | None) -> str:
    if case is None:
        return "null"
    text = case.hex()
    return f'"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"'
