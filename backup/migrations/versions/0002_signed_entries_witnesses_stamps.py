"""Entries signed by whoever acts, cosignatures of witnesses, time stamps, the self-check."""

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
    op.create_table(
        "custody_timestamps",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"], ["custody_checkpoints.size"], name="fk_custody_timestamps_size"
        ),
        sa.PrimaryKeyConstraint("size", "authority", name="pk_custody_timestamps"),
    )
    op.create_table(
        "custody_cosignatures",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"], ["custody_checkpoints.size"], name="fk_custody_cosignatures_size"
        ),
        sa.PrimaryKeyConstraint("size", "witness", name="pk_custody_cosignatures"),
    )
    op.create_table(
        "custody_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_custody_checks"),
    )
    for table in ("custody_timestamps", "custody_cosignatures"):
        op.execute(
            f"CREATE TRIGGER custody_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION custody_only_grows()"
        )
