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
    quiet: Mapped[bool] = mapped_column(default=False)
    """The person hid or left the chat: what a professional writes waits until they are back."""
    heard_at: Mapped[datetime | None] = mapped_column(index=True)
    """When they wrote last; None once their silence was noticed."""
    reach: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The times of day at which they may be written to unasked, sealed; None if they may not."""
    knocks: Mapped[int] = mapped_column(default=0)
    """How often that was done since they were here last."""
    knocked_at: Mapped[datetime | None]
    album: Mapped[str | None]
    """Of the files that were answered last: what was sent as one is answered once."""
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
    ref: Mapped[str | None]
    """By which the provider takes it out of the chat again, where it does that."""
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


class DraftRow(Base):
    """Files of a report that is not sent yet: what will be its case, or goes with its conversation.

    No foreign key to the conversation: whatever erases one leaves this behind, by which its keys
    are found and destroyed.
    """

    __tablename__ = "drafts"

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("sealed_cases.id", ondelete="CASCADE"), primary_key=True
    )
    conversation_id: Mapped[UUID] = mapped_column(unique=True)


class CodeAttemptRow(Base):
    """A contact that has typed codes which open nothing; forgotten after a day."""

    __tablename__ = "code_attempts"

    contact: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    """From then on its next code is looked at."""
    at: Mapped[datetime] = mapped_column(index=True)


class FeedbackRoundRow(Base):
    """A question to a person how the help was, on its way; gone once it is answered or given up."""

    __tablename__ = "feedback_rounds"

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    conversation_id: Mapped[UUID] = mapped_column(index=True)
    professional_id: Mapped[UUID]
    asked: Mapped[int] = mapped_column(default=0)


class FeedbackRow(Base):
    """How somebody's help was. Invariant: nothing leads from here to the person or the case."""

    __tablename__ = "feedback"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    professional_id: Mapped[UUID] = mapped_column(index=True)
    reached: Mapped[str | None]
    respected: Mapped[str | None]
    safe: Mapped[str | None]
    reviewed: Mapped[bool] = mapped_column(default=False)
    """Whether an administrator has looked into it since."""


class MatchingHoldRow(Base):
    """A professional who gets no new cases until an administrator has looked into the answers."""

    __tablename__ = "matching_holds"

    professional_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]


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
