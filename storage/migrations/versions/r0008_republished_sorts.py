"""When a session's sorting was last published again.

Workers of the version before go on meanwhile: their sweeps note nothing there, and publish a
session again that those of this version have published already, which does no harm.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; without a default that takes no time."""
    op.execute("ALTER TABLE sessions ADD COLUMN republished_at TIMESTAMPTZ")


def downgrade() -> None:
    """Drop it; sessions are then looked for only while the queue is short."""
    op.execute("ALTER TABLE sessions DROP COLUMN republished_at")
