"""The vault's tables. Whoever reads them all without a key learns ids, sizes and times.

Deleting every wrap of a case shreds it; that is why wraps live here and never in write-once
storage. The custody log can only grow: the database itself refuses anything else.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class SealedCase(Base):
    """A case's public half: what is sealed to it can be added by anyone and read by no table."""

    __tablename__ = "sealed_cases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(default=1)
    """Counts the case's identities; a colleague's leaving begins a fresh one for what is new."""
    opened_at: Mapped[datetime]


class Wrap(Base):
    """One of a case's identities, sealed to one holder.

    Holders are `dispatch`, `escrow`, `professional:<uuid>`, and `lost:<uuid>`: the empty place of
    somebody whose own identity is gone, until escrow or a colleague lets them in again.
    """

    __tablename__ = "wraps"
    __table_args__ = (UniqueConstraint("case_id", "generation", "holder"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey(SealedCase.id, ondelete="CASCADE"))
    generation: Mapped[int] = mapped_column(default=1)
    holder: Mapped[str] = mapped_column(Text, index=True)
    added_by: Mapped[str | None] = mapped_column(Text)
    """Who let the holder in; None for whoever took the case from those that wait."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class SealedRecord(Base):
    """A report, message or note, sealed to its case: inline, or as an object in the store."""

    __tablename__ = "records"
    __table_args__ = (
        CheckConstraint("(sealed IS NULL) <> (object IS NULL)", name="inline_or_object"),
        Index(None, "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey(SealedCase.id, ondelete="CASCADE"))
    generation: Mapped[int]
    """Which of the case's identities opens it."""
    kind: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    object: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class Hold(Base):
    """A case that no schedule may erase, since when, by whom, and why (sealed by the server)."""

    __tablename__ = "holds"

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey(SealedCase.id, ondelete="CASCADE"), primary_key=True
    )
    placed_by: Mapped[UUID]
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    placed_at: Mapped[datetime]
    release_asked_by: Mapped[UUID | None]
    """The first of the two who must agree that it ends."""


class CustodyEntry(Base):
    """Who did what to which ciphertext and when; the leaf number `sequence` (from 1) of a tree.

    `leaf` is the entry's own hash and `node` that of the largest perfect subtree that ends with
    it, so that the rows are also the tree and nothing is ever rewritten.
    """

    __tablename__ = "custody_entries"
    __table_args__ = (
        Index("ix_custody_entries_enrol", "actor", postgresql_where=text("action = 'enrol'")),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    record_id: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    size: Mapped[int | None] = mapped_column(BigInteger)
    signer: Mapped[bytes | None] = mapped_column(LargeBinary)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    node: Mapped[bytes] = mapped_column(LargeBinary)


class CustodySigner(Base):
    """The log's name and its Ed25519 key, sealed by the server's key provider."""

    __tablename__ = "custody_signers"

    origin: Mapped[str] = mapped_column(Text, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class CustodyCheckpoint(Base):
    """A signed tree head of the log at some size, as it may be given to anyone."""

    __tablename__ = "custody_checkpoints"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(Text)


class CustodyTimestamp(Base):
    """What a time-stamping authority (RFC 3161) said of a checkpoint: that it existed at `at`.

    `token` is the DER of the token alone; it covers the SHA-256 of the note as it is stored.
    """

    __tablename__ = "custody_timestamps"

    size: Mapped[int] = mapped_column(
        ForeignKey(CustodyCheckpoint.size), primary_key=True, autoincrement=False
    )
    authority: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
    token: Mapped[bytes] = mapped_column(LargeBinary)


class CustodyCosignature(Base):
    """A witness's line under a checkpoint: that it saw the log grow up to there and never fork.

    `line` is as it stands in the note, without the line feed; `at` is the witness's own time.
    """

    __tablename__ = "custody_cosignatures"

    size: Mapped[int] = mapped_column(
        ForeignKey(CustodyCheckpoint.size), primary_key=True, autoincrement=False
    )
    witness: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
    line: Mapped[str] = mapped_column(Text)


class CustodyCheck(Base):
    """What a self-check of the log found when; `finding` is null when all was intact."""

    __tablename__ = "custody_checks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    at: Mapped[datetime]
    size: Mapped[int] = mapped_column(BigInteger)
    findings: Mapped[int]
    finding: Mapped[str | None] = mapped_column(Text)


GROWING = (CustodyEntry, CustodyCheckpoint, CustodyTimestamp, CustodyCosignature)
"""Tables that can only be added to."""

_ONLY_GROWS = """
CREATE OR REPLACE FUNCTION custody_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the custody log only grows' USING ERRCODE = 'insufficient_privilege';
END $$
"""


def _refusal(table: str) -> str:
    return f"""
CREATE TRIGGER custody_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION custody_only_grows()
"""


for table in GROWING:
    for statement in (_ONLY_GROWS, _refusal(table.__tablename__)):
        event.listen(table.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
