"""The dashboard's own rows: signed-in browsers, and failed tries to sign in.

Whoever reads them learns neither who nor from where, and can open nothing with them.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base
from referrals.professionals import ProfessionalRow


class VisitRow(Base):
    """One signed-in browser."""

    __tablename__ = "visits"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    professional_id: Mapped[UUID] = mapped_column(
        ForeignKey(ProfessionalRow.id, ondelete="CASCADE"), index=True
    )
    identity: Mapped[bytes] = mapped_column(LargeBinary)
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class AttemptRow(Base):
    """Failures of one login, network or browser, known by a keyed fingerprint."""

    __tablename__ = "attempts"

    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    retry_at: Mapped[datetime]
