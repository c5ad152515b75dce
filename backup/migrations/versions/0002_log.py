"""The log part of this version; one migration is made of all of them before the release."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.alter_column("custody_entries", "case_id", nullable=True)
    op.add_column("custody_entries", sa.Column("signer", sa.LargeBinary()))
    op.add_column("custody_entries", sa.Column("signature", sa.LargeBinary()))
    op.create_index(
        "ix_custody_entries_enrol",
        "custody_entries",
        ["actor"],
        postgresql_where=sa.text("action = 'enrol'"),
    )
