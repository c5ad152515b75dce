"""Files on their way from a provider into the vault."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class FileRow(Base):
    """One file that somebody sent and that is to be kept; it goes with its conversation."""

    __tablename__ = "incoming_files"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("sealed_cases.id", ondelete="CASCADE"), index=True
    )
    question: Mapped[str | None]
    """Of an answer by voice: what was asked."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Where the provider has it and what it says of it; None once that is settled."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    """When it is tried again."""
    record_id: Mapped[int | None] = mapped_column(BigInteger)
    """The file in the vault; None until it is there."""
    manifest_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed: what the person is still to be told; None before the end and after."""
    received_at: Mapped[datetime]
