"""The outbox of anchors. Whoever reads it learns checkpoints, which tell sizes and times."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import Base


class AnchorTransaction(Base):
    """A signed transaction, kept before it is sent; several of one anchor replace each other."""

    __tablename__ = "anchor_transactions"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    commitment: Mapped[bytes] = mapped_column(
        ForeignKey("anchors.commitment", ondelete="CASCADE"), index=True
    )
    nonce: Mapped[int] = mapped_column(BigInteger)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    most: Mapped[int] = mapped_column(BigInteger)
    tip: Mapped[int] = mapped_column(BigInteger)
    signed_at: Mapped[datetime]


class AnchorRow(Base):
    """One commitment to one checkpoint on one chain, from its making to its archive."""

    __tablename__ = "anchors"
    __table_args__ = (Index(None, "chain", "created_at"),)

    commitment: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    chain: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    checkpoint: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    block: Mapped[int | None] = mapped_column(BigInteger)
    archive: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    transactions: Mapped[list[AnchorTransaction]] = relationship(
        lazy="selectin", order_by=AnchorTransaction.signed_at
    )


class AnchorChain(Base):
    """How a chain was when it was last looked at, for those who operate the program."""

    __tablename__ = "anchor_chains"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    development: Mapped[bool]
    contract: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text)
    balance: Mapped[Decimal | None] = mapped_column(Numeric(78, 0))
    problem: Mapped[str | None] = mapped_column(Text)
    looked_at: Mapped[datetime]
