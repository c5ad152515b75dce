"""What waits for a simulated phone to show it, and files that it has sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class SimulatedDelivery(Base):
    """One part on its way to one phone; the row outlives its words, so that none comes twice."""

    __tablename__ = "simulated_deliveries"
    __table_args__ = (Index("ix_simulated_deliveries_phone", "channel", "phone", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    channel: Mapped[str]
    phone: Mapped[bytes] = mapped_column(LargeBinary)
    """A keyed fingerprint."""
    part: Mapped[UUID] = mapped_column(unique=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; None once the phone has shown it."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class SimulatedFile(Base):
    """A file that a phone has sent, as a provider would keep it for a while."""

    __tablename__ = "simulated_files"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class SimulatedChunk(Base):
    """A part of such a file, sealed."""

    __tablename__ = "simulated_chunks"

    file_id: Mapped[UUID] = mapped_column(
        ForeignKey(SimulatedFile.id, ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
