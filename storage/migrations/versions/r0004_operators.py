"""Who may look at the console, who is signed in, and sessions by the time of their opening.

Workers and gateways of the version before go on meanwhile: they know nothing of operators, and
ask nothing of the new indexes. Nobody writes to sessions while those are made, which takes as long
as to read and sort the table. Nobody can sign in until a gateway of this version serves.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPERATOR_KEYS = """
CREATE TABLE operator_keys (
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    revoked_at TIMESTAMPTZ,
    CONSTRAINT pk_operator_keys PRIMARY KEY (key_id)
)
"""

SIGN_INS = """
CREATE TABLE sign_ins (
    token_sha256 TEXT NOT NULL,
    key_id TEXT NOT NULL,
    began_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_sign_ins PRIMARY KEY (token_sha256),
    CONSTRAINT fk_sign_ins_key_id FOREIGN KEY (key_id) REFERENCES operator_keys (key_id)
)
"""

BY_OPENING = """
CREATE INDEX ix_sessions_opened_at ON sessions (opened_at, session_id)
"""

BY_ARM = """
CREATE INDEX ix_sessions_arm_id ON sessions (arm_id, opened_at, session_id)
"""


def upgrade() -> None:
    """Make the tables and the indexes."""
    for statement in (OPERATOR_KEYS, SIGN_INS, BY_OPENING, BY_ARM):
        op.execute(statement)


def downgrade() -> None:
    """Drop them: every operator needs a new key."""
    op.execute("DROP TABLE sign_ins, operator_keys")
    op.execute("DROP INDEX ix_sessions_opened_at, ix_sessions_arm_id")
