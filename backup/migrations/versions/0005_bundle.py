"""The bundle part of this version; one migration is made of all of them before the release."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
