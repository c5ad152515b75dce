"""The rows of conversations and cases.

Invariants: whoever reads these tables without the server's keys learns no answer, word, name or
address; `owner` says who answers a conversation and changes only in a transaction that holds the
conversation's row lock; `outgoing.status` only moves forward.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base

BOT, NOBODY, HUMAN = "bot", "nobody", "human"
WAITING, ACCEPTED = "waiting", "accepted"


class ConversationRow(Base):
    """One person on one channel, known by a keyed fingerprint of their address."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "contact"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    channel: Mapped[str]
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    address: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[bytes | None] = mapped_column(LargeBinary)
    draft: Mapped[bytes | None] = mapped_column(LargeBinary)
    owner: Mapped[str] = mapped_column(default=BOT)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    code: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    quiet: Mapped[bool] = mapped_column(default=False)
    """The person hid or closed the chat: what a professional writes waits until they are back."""
    lapses_at: Mapped[datetime | None] = mapped_column(index=True)
    """When this row and all that hangs on it is erased; None once a case keeps it."""


class IncomingRow(Base):
    """One thing that arrived; its content is destroyed once its turn is done."""

    __tablename__ = "incoming"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index(
            "ix_incoming_waiting",
            "conversation_id",
            "id",
            postgresql_where=text("sealed IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    channel: Mapped[str]
    external_id: Mapped[str]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]


class OutgoingRow(Base):
    """One part of one message on its way out, sent in the order of `id`."""

    __tablename__ = "outgoing"
    __table_args__ = (
        Index(
            "ix_outgoing_waiting",
            "conversation_id",
            "id",
            postgresql_where=text("sealed IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    part: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    record_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What to send; None once the channel has it or has refused it for good."""
    status: Mapped[str] = mapped_column(default="queued")
    external_id: Mapped[str | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    changed_at: Mapped[datetime]


class CaseRow(Base):
    """A submitted report on its way to a professional; what it says is in the vault."""

    __tablename__ = "cases"

    id: Mapped[UUID] = mapped_column(
        ForeignKey("sealed_cases.id", ondelete="CASCADE"), primary_key=True
    )
    conversation_id: Mapped[UUID] = mapped_column(index=True)
    """Whose report it is, also when a later report of theirs went to somebody else: DELETE finds
    all of a person's cases by it."""
    reference: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default=WAITING, index=True)
    card: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What dispatch must know, sealed by the server's keys; gone at acceptance."""
    answer_by: Mapped[datetime]
    professional_id: Mapped[UUID | None] = mapped_column(index=True)
    opened_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    erase_at: Mapped[datetime | None]
    """When it goes by the retention schedule; those who are responsible have been shown it."""
