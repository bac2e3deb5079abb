"""When a picture's turn on the queue came: an arm has only so many there at a time.

Workers of the version before go on meanwhile. They read and write what they did, and know
nothing of turns: their sweeper publishes whatever has waited unpublished for some seconds, as it
did, so that nothing is held back for ever; fair shares begin once all are new. What waits at
the time of the change is on the queue if it was published, and else gets its turn.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, which takes no rewriting of the table."""
    op.execute("ALTER TABLE images ADD COLUMN turn_at TIMESTAMPTZ")


def downgrade() -> None:
    """Drop the column: whatever was held back is published by the sweeper."""
    op.execute("ALTER TABLE images DROP COLUMN turn_at")
