"""Robots that check in and wait to be started.

Workers and gateways of the version before go on meanwhile: they know nothing of the table.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHECK_INS = """
CREATE TABLE check_ins (
    arm_id TEXT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    is_ready BOOLEAN NOT NULL,
    start_asked_at TIMESTAMPTZ,
    CONSTRAINT pk_check_ins PRIMARY KEY (arm_id),
    CONSTRAINT fk_check_ins_arm_id FOREIGN KEY (arm_id) REFERENCES arms (arm_id)
)
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(CHECK_INS)


def downgrade() -> None:
    """Drop it: robots check in again within seconds."""
    op.execute("DROP TABLE check_ins")
