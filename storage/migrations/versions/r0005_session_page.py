"""What the console shows of a session: how pictures were read, how its plan came about, replays.

Workers of the version before go on meanwhile: they save detections without the new columns, which
stay empty, and plans without an explanation. The page shows what there is.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

READINGS = """
ALTER TABLE detections
    ADD COLUMN claimed_at TIMESTAMPTZ,
    ADD COLUMN decode_s REAL,
    ADD COLUMN batch_wait_s REAL,
    ADD COLUMN forward_s REAL,
    ADD COLUMN batch_images INTEGER
"""

EXPLANATIONS = """
CREATE TABLE explanations (
    session_id TEXT NOT NULL,
    document JSON NOT NULL,
    CONSTRAINT pk_explanations PRIMARY KEY (session_id),
    CONSTRAINT fk_explanations_session_id FOREIGN KEY (session_id)
        REFERENCES sessions (session_id) ON DELETE CASCADE
)
"""

REPLAYS = """
CREATE TABLE replays (
    replay_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    detector TEXT NOT NULL,
    embedder TEXT NOT NULL,
    state VARCHAR(16) NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    claimed_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    result JSON,
    failure TEXT,
    CONSTRAINT pk_replays PRIMARY KEY (replay_id),
    CONSTRAINT fk_replays_session_id FOREIGN KEY (session_id)
        REFERENCES sessions (session_id) ON DELETE CASCADE,
    CONSTRAINT ck_replays_state CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    CONSTRAINT ck_replays_result CHECK ((state = 'done') = (result IS NOT NULL)),
    CONSTRAINT ck_replays_failure CHECK ((state = 'failed') = (failure IS NOT NULL))
)
"""

OF_SESSION = "CREATE INDEX ix_replays_session_id ON replays (session_id, asked_at)"


def upgrade() -> None:
    """Add columns, which takes no rewriting of the table, and two tables."""
    for statement in (READINGS, EXPLANATIONS, REPLAYS, OF_SESSION):
        op.execute(statement)


def downgrade() -> None:
    """Drop them; plans and detections stay as they are."""
    op.execute("DROP TABLE replays")
    op.execute("DROP TABLE explanations")
    op.execute(
        "ALTER TABLE detections DROP COLUMN claimed_at, DROP COLUMN decode_s,"
        " DROP COLUMN batch_wait_s, DROP COLUMN forward_s, DROP COLUMN batch_images"
    )
