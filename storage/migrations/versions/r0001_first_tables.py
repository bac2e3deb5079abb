"""The first tables: arms, keys, sessions, images and what came of them.

Written as SQL: a migration stays as it was when it ran, whatever becomes of the models.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ARMS = """
CREATE TABLE arms (
    arm_id TEXT CONSTRAINT pk_arms PRIMARY KEY,
    document JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    changed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE api_keys (
    key_id TEXT CONSTRAINT pk_api_keys PRIMARY KEY,
    arm_id TEXT NOT NULL CONSTRAINT fk_api_keys_arm_id REFERENCES arms (arm_id),
    secret_sha256 TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    revoked_at TIMESTAMPTZ
);
CREATE INDEX ix_api_keys_arm_id ON api_keys (arm_id);
"""

SESSIONS = """
CREATE TABLE sessions (
    session_id TEXT CONSTRAINT pk_sessions PRIMARY KEY,
    arm_id TEXT NOT NULL CONSTRAINT fk_sessions_arm_id REFERENCES arms (arm_id),
    arm JSONB NOT NULL,
    state VARCHAR(16) NOT NULL CONSTRAINT ck_sessions_state
        CHECK (state IN ('open', 'sealed', 'sorting', 'done', 'partial', 'failed')),
    expected_images INTEGER CONSTRAINT ck_sessions_expected_images CHECK (expected_images >= 1),
    min_images INTEGER NOT NULL CONSTRAINT ck_sessions_min_images CHECK (min_images >= 1),
    deadline_s DOUBLE PRECISION NOT NULL,
    deadline_at TIMESTAMPTZ NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    sealed_at TIMESTAMPTZ,
    waiting_since TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    claimed_by TEXT,
    claimed_at TIMESTAMPTZ,
    attempt INTEGER NOT NULL DEFAULT 0,
    plan JSON,
    failure TEXT,
    idempotency_key TEXT,
    request_id TEXT,
    CONSTRAINT uq_sessions_arm_id_idempotency_key UNIQUE (arm_id, idempotency_key),
    CONSTRAINT ck_sessions_sealed_at CHECK (
        (state = 'open') = (sealed_at IS NULL) AND (sealed_at IS NULL) = (waiting_since IS NULL)
    ),
    CONSTRAINT ck_sessions_claim CHECK (
        (state = 'sorting') = (claimed_by IS NOT NULL)
        AND (claimed_by IS NULL) = (claimed_at IS NULL)
    ),
    CONSTRAINT ck_sessions_finished_at CHECK (
        (state IN ('done', 'partial', 'failed')) = (finished_at IS NOT NULL)
    ),
    CONSTRAINT ck_sessions_plan CHECK ((state IN ('done', 'partial')) = (plan IS NOT NULL)),
    CONSTRAINT ck_sessions_failure CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX ix_sessions_unfinished ON sessions (deadline_at)
    WHERE state IN ('open', 'sealed', 'sorting');
"""

IMAGES = """
CREATE TABLE images (
    image_id TEXT CONSTRAINT pk_images PRIMARY KEY,
    session_id TEXT NOT NULL CONSTRAINT fk_images_session_id REFERENCES sessions (session_id),
    index INTEGER NOT NULL,
    position_pw DOUBLE PRECISION NOT NULL,
    state VARCHAR(16) NOT NULL CONSTRAINT ck_images_state
        CHECK (state IN ('received', 'detecting', 'detected', 'failed')),
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    n_bytes INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    claimed_by TEXT,
    claimed_at TIMESTAMPTZ,
    received_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    waiting_since TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    published_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    failure TEXT,
    model TEXT,
    request_id TEXT,
    CONSTRAINT uq_images_session_id_index UNIQUE (session_id, index),
    CONSTRAINT uq_images_session_id_position_pw UNIQUE (session_id, position_pw),
    CONSTRAINT ck_images_claim CHECK (
        (state = 'detecting') = (claimed_by IS NOT NULL)
        AND (claimed_by IS NULL) = (claimed_at IS NULL)
    ),
    CONSTRAINT ck_images_finished_at CHECK (
        (state IN ('detected', 'failed')) = (finished_at IS NOT NULL)
    ),
    CONSTRAINT ck_images_model CHECK ((state = 'detected') = (model IS NOT NULL)),
    CONSTRAINT ck_images_failure CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT ck_images_size CHECK (width_px >= 1 AND height_px >= 1 AND n_bytes >= 1)
);
CREATE INDEX ix_images_unfinished ON images (waiting_since)
    WHERE state IN ('received', 'detecting');
CREATE INDEX ix_images_finished_at ON images (finished_at);
CREATE TABLE detections (
    image_id TEXT CONSTRAINT pk_detections PRIMARY KEY
        CONSTRAINT fk_detections_image_id REFERENCES images (image_id),
    xyxy_px REAL[] NOT NULL,
    labels SMALLINT[] NOT NULL,
    scores REAL[] NOT NULL,
    CONSTRAINT ck_detections_columns CHECK (
        cardinality(xyxy_px) = 4 * cardinality(labels)
        AND cardinality(scores) = cardinality(labels)
    )
);
"""

OUTCOMES_AND_EVENTS = """
CREATE TABLE outcomes (
    session_id TEXT CONSTRAINT fk_outcomes_session_id REFERENCES sessions (session_id),
    command INTEGER,
    result TEXT NOT NULL CONSTRAINT ck_outcomes_result
        CHECK (result IN ('picked', 'missed', 'dropped')),
    note TEXT,
    told_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_outcomes PRIMARY KEY (session_id, command)
);
CREATE TABLE session_events (
    event_id BIGSERIAL CONSTRAINT pk_session_events PRIMARY KEY,
    session_id TEXT NOT NULL
        CONSTRAINT fk_session_events_session_id REFERENCES sessions (session_id),
    kind TEXT NOT NULL,
    data JSONB NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_session_events_session_id ON session_events (session_id, event_id);
"""

WORKERS = """
CREATE TABLE workers (
    worker_id TEXT CONSTRAINT pk_workers PRIMARY KEY,
    queue TEXT NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
"""


def upgrade() -> None:
    """Make the tables."""
    for statements in (ARMS, SESSIONS, IMAGES, OUTCOMES_AND_EVENTS, WORKERS):
        op.execute(statements)


def downgrade() -> None:
    """Drop the tables, and everything in them."""
    op.execute(
        "DROP TABLE workers, session_events, outcomes, detections, images, sessions, api_keys, arms"
    )
