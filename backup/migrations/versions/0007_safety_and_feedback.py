"""When a person may be written to, slow guessing, feedback."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.drop_column("conversations", "wrong_codes")
    op.add_column("conversations", sa.Column("heard_at", _moment(), nullable=True))
    op.add_column("conversations", sa.Column("reach", sa.LargeBinary(), nullable=True))
    op.add_column(
        "conversations", sa.Column("knocks", sa.Integer(), nullable=False, server_default="0")
    )
    op.alter_column("conversations", "knocks", server_default=None)
    op.add_column("conversations", sa.Column("knocked_at", _moment(), nullable=True))
    op.create_index(op.f("ix_conversations_heard_at"), "conversations", ["heard_at"])
    op.add_column("incoming", sa.Column("ref", sa.String(), nullable=True))
    op.create_table(
        "code_attempts",
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", _moment(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("contact", name=op.f("pk_code_attempts")),
    )
    op.create_index(op.f("ix_code_attempts_at"), "code_attempts", ["at"])
    op.create_table(
        "feedback_rounds",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("professional_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_feedback_rounds_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_feedback_rounds")),
    )
    op.create_index(
        op.f("ix_feedback_rounds_conversation_id"), "feedback_rounds", ["conversation_id"]
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("professional_id", sa.Uuid(), nullable=False),
        sa.Column("reached", sa.String(), nullable=True),
        sa.Column("respected", sa.String(), nullable=True),
        sa.Column("safe", sa.String(), nullable=True),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_professional_id"), "feedback", ["professional_id"])
    op.create_table(
        "matching_holds",
        sa.Column("professional_id", sa.Uuid(), nullable=False),
        sa.Column("since", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("professional_id", name=op.f("pk_matching_holds")),
    )


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)
