"""What is known of a picture that has used up its attempts: when it was set apart, and by whom.

Workers of the version before go on meanwhile: they claim and give up pictures as they did. A
picture that one of them gives up fails as ever, and is not listed as quarantined; the attempts
that they make are counted, and their names are missing. Those given up earlier are listed, as
of the time when they failed.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE images
    ADD COLUMN claimants TEXT[] NOT NULL DEFAULT '{}',
    ADD COLUMN last_error TEXT,
    ADD COLUMN quarantined_at TIMESTAMPTZ
"""

EARLIER = """
UPDATE images SET quarantined_at = finished_at
WHERE state = 'failed' AND failure LIKE 'quarantined after % attempts'
"""

RULE = """
ALTER TABLE images ADD CONSTRAINT ck_images_quarantined_at
    CHECK (quarantined_at IS NULL OR state = 'failed')
"""

INDEX = """
CREATE INDEX ix_images_quarantined_at ON images (quarantined_at) WHERE quarantined_at IS NOT NULL
"""


def upgrade() -> None:
    """Add the columns, and list what was quarantined before there were any."""
    for statement in (COLUMNS, EARLIER, RULE, INDEX):
        op.execute(statement)


def downgrade() -> None:
    """Drop the columns; their index and rule go with them."""
    op.execute(
        "ALTER TABLE images DROP COLUMN claimants, DROP COLUMN last_error,"
        " DROP COLUMN quarantined_at"
    )
