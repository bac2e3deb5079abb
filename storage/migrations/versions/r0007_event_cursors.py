"""How far each feed has told each session's events, and which sessions ended of late.

Workers and gateways of the version before go on meanwhile: none of them reads or writes cursors,
and the events that they write are told like any others. Nobody writes to sessions while the index
is made, which takes as long as to read the table once.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CURSORS = """
CREATE TABLE event_cursors (
    feed TEXT NOT NULL,
    session_id TEXT NOT NULL
        CONSTRAINT fk_event_cursors_session_id REFERENCES sessions (session_id) ON DELETE CASCADE,
    event_id BIGINT NOT NULL,
    CONSTRAINT pk_event_cursors PRIMARY KEY (feed, session_id)
)
"""

INDEX = """
CREATE INDEX ix_sessions_finished_at ON sessions (finished_at) WHERE finished_at IS NOT NULL
"""


def upgrade() -> None:
    """Make the table and the index."""
    for statement in (CURSORS, INDEX):
        op.execute(statement)


def downgrade() -> None:
    """Drop both; a feed then tells the last hour's events again."""
    op.execute("DROP INDEX ix_sessions_finished_at")
    op.execute("DROP TABLE event_cursors")
