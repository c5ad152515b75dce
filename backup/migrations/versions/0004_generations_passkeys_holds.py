"""Case keys in generations, passkeys, the end of keeping, legal holds."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNTED = ("sealed_cases", "wraps", "records")
"""Tables whose rows are all of the first generation."""


def upgrade() -> None:
    """Go forward."""
    for table in COUNTED:
        column = sa.Column("generation", sa.Integer(), nullable=False, server_default="1")
        op.add_column(table, column)
        op.alter_column(table, "generation", server_default=None)
    op.add_column("wraps", sa.Column("added_by", sa.Text(), nullable=True))
    op.drop_constraint(op.f("uq_wraps_case_id"), "wraps")
    op.create_unique_constraint(
        op.f("uq_wraps_case_id"), "wraps", ["case_id", "generation", "holder"]
    )
    op.create_index(op.f("ix_wraps_holder"), "wraps", ["holder"])
    op.add_column("cases", sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "holds",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_asked_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["sealed_cases.id"], name=op.f("fk_holds_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_holds")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("professional_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["professional_id"],
            ["professionals.id"],
            name=op.f("fk_passkeys_professional_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
    )
    op.create_index(op.f("ix_passkeys_professional_id"), "passkeys", ["professional_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("professional_id", sa.Uuid(), nullable=True),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_passkey_challenges")),
    )
    op.create_index(op.f("ix_passkey_challenges_lapses_at"), "passkey_challenges", ["lapses_at"])
