"""The tables. A change here needs a migration beside it; a test compares the two.

The constraints say what each state means, so that no code path can leave a row between two.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Double,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    SmallInteger,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.records import ImageState, SessionState
from storage.texts import checked_text
from storage.views import ReplayState

NOW = func.clock_timestamp(type_=DateTime(timezone=True))
"""The database's clock, which runs on within a transaction: for times that are noted."""

STATEMENT_BEGAN_AT = func.statement_timestamp(type_=DateTime(timezone=True))
"""The same clock when the statement began: for comparing, as an index can be searched for it."""


class PlainText(TypeDecorator[str]):
    """Text that refuses, before it is sent, what PostgreSQL cannot keep."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Raise InvalidInputError for text that cannot be kept."""
        return None if value is None else checked_text(value)


def _state_type(states: type[StrEnum], name: str) -> Enum:
    return Enum(
        states,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda kinds: [kind.value for kind in kinds],
        length=16,
        name=name,
    )


class Base(DeclarativeBase):
    """What all tables share: types, and names of constraints that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: PlainText,
        float: Double,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        ImageState: _state_type(ImageState, "state"),
        SessionState: _state_type(SessionState, "state"),
        ReplayState: _state_type(ReplayState, "state"),
    }
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy declares it so


class ArmRow(Base):
    """One arm as it was last registered; ``document`` as in :mod:`storage.documents`."""

    __tablename__ = "arms"

    arm_id: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    changed_at: Mapped[datetime] = mapped_column(server_default=NOW)


class KeyRow(Base):
    """One bearer key of an arm; its secret is not kept, only the secret's hash."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    arm_id: Mapped[str] = mapped_column(ForeignKey("arms.arm_id"), index=True)
    secret_sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    revoked_at: Mapped[datetime | None]


class SessionRow(Base):
    """One sorting run, with the arm as it was when the session was opened.

    ``waiting_since`` is when the session last began to wait for a sorter, and ``republished_at``
    when its sorting was last put onto the queue by other means than its chord. ``plan`` is kept as
    JSON text, not JSONB, so that what is read back is what was written, byte for byte.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("arm_id", "idempotency_key"),
        CheckConstraint("expected_images >= 1", name="expected_images"),
        CheckConstraint("min_images >= 1", name="min_images"),
        CheckConstraint(
            "(state = 'open') = (sealed_at IS NULL)"
            " AND (sealed_at IS NULL) = (waiting_since IS NULL)",
            name="sealed_at",
        ),
        CheckConstraint(
            "(state = 'sorting') = (claimed_by IS NOT NULL)"
            " AND (claimed_by IS NULL) = (claimed_at IS NULL)",
            name="claim",
        ),
        CheckConstraint(
            "(state IN ('done', 'partial', 'failed')) = (finished_at IS NOT NULL)",
            name="finished_at",
        ),
        CheckConstraint("(state IN ('done', 'partial')) = (plan IS NOT NULL)", name="plan"),
        CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failure"),
        Index(
            "ix_sessions_unfinished",
            "deadline_at",
            postgresql_where=text("state IN ('open', 'sealed', 'sorting')"),
        ),
        Index("ix_sessions_opened_at", "opened_at", "session_id"),
        Index("ix_sessions_arm_id", "arm_id", "opened_at", "session_id"),
        Index(
            "ix_sessions_finished_at",
            "finished_at",
            postgresql_where=text("finished_at IS NOT NULL"),
        ),
    )

    session_id: Mapped[str] = mapped_column(primary_key=True)
    arm_id: Mapped[str] = mapped_column(ForeignKey("arms.arm_id"))
    arm: Mapped[dict[str, Any]]
    state: Mapped[SessionState]
    expected_images: Mapped[int | None]
    min_images: Mapped[int]
    deadline_s: Mapped[float]
    deadline_at: Mapped[datetime]
    opened_at: Mapped[datetime] = mapped_column(server_default=NOW)
    sealed_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    republished_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default="0")
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    failure: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    request_id: Mapped[str | None]


class ImageRow(Base):
    """One picture. A row without ``published_at`` is also the intent to publish it.

    ``claimants`` names the worker of each attempt, and ``last_error`` is what the last one said
    that gave the picture back. ``quarantined_at`` stands while a picture that used up its attempts
    is kept for somebody to look at.

    ``waiting_since`` is when the picture last began to wait for a worker. ``turn_at`` is when its
    arm's share first had room for it; without it, and unpublished, it is held back.
    """

    __tablename__ = "images"
    __table_args__ = (
        UniqueConstraint("session_id", "index"),
        UniqueConstraint("session_id", "position_pw"),
        CheckConstraint(
            "(state = 'detecting') = (claimed_by IS NOT NULL)"
            " AND (claimed_by IS NULL) = (claimed_at IS NULL)",
            name="claim",
        ),
        CheckConstraint(
            "(state IN ('detected', 'failed')) = (finished_at IS NOT NULL)", name="finished_at"
        ),
        CheckConstraint("(state = 'detected') = (model IS NOT NULL)", name="model"),
        CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failure"),
        CheckConstraint("quarantined_at IS NULL OR state = 'failed'", name="quarantined_at"),
        CheckConstraint("width_px >= 1 AND height_px >= 1 AND n_bytes >= 1", name="size"),
        Index(
            "ix_images_unfinished",
            "waiting_since",
            postgresql_where=text("state IN ('received', 'detecting')"),
        ),
        Index("ix_images_finished_at", "finished_at"),
        Index(
            "ix_images_quarantined_at",
            "quarantined_at",
            postgresql_where=text("quarantined_at IS NOT NULL"),
        ),
    )

    image_id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id"))
    index: Mapped[int]
    position_pw: Mapped[float]
    state: Mapped[ImageState]
    key: Mapped[str]
    sha256: Mapped[str]
    width_px: Mapped[int]
    height_px: Mapped[int]
    n_bytes: Mapped[int]
    attempt: Mapped[int] = mapped_column(server_default="0")
    claimants: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(server_default=NOW)
    waiting_since: Mapped[datetime] = mapped_column(server_default=NOW)
    turn_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    last_error: Mapped[str | None]
    quarantined_at: Mapped[datetime | None]
    model: Mapped[str | None]
    request_id: Mapped[str | None]


class DetectionsRow(Base):
    """Everything that was detected in one picture; ``xyxy_px`` holds four numbers a detection.

    The other columns tell when it was claimed and how long the parts of its reading took, as in
    :class:`storage.views.Reading`; they are empty where nobody said.
    """

    __tablename__ = "detections"
    __table_args__ = (
        CheckConstraint(
            "cardinality(xyxy_px) = 4 * cardinality(labels)"
            " AND cardinality(scores) = cardinality(labels)",
            name="columns",
        ),
    )

    image_id: Mapped[str] = mapped_column(ForeignKey("images.image_id"), primary_key=True)
    xyxy_px: Mapped[list[float]] = mapped_column(ARRAY(REAL))
    labels: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    scores: Mapped[list[float]] = mapped_column(ARRAY(REAL))
    claimed_at: Mapped[datetime | None]
    decode_s: Mapped[float | None] = mapped_column(REAL)
    batch_wait_s: Mapped[float | None] = mapped_column(REAL)
    forward_s: Mapped[float | None] = mapped_column(REAL)
    batch_images: Mapped[int | None]


class ExplanationRow(Base):
    """How a session's plan came about; ``document`` as in :mod:`sorter.explanation`."""

    __tablename__ = "explanations"

    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True
    )
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


class ReplayRow(Base):
    """A session's pictures sorted once more, by other models; no part of the session's truth."""

    __tablename__ = "replays"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
        CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failure"),
        Index("ix_replays_session_id", "session_id", "asked_at"),
    )

    replay_id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"))
    detector: Mapped[str]
    embedder: Mapped[str]
    state: Mapped[ReplayState]
    asked_at: Mapped[datetime] = mapped_column(server_default=NOW)
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    failure: Mapped[str | None]


class OutcomeRow(Base):
    """What became of one command of a session's plan."""

    __tablename__ = "outcomes"
    __table_args__ = (CheckConstraint("result IN ('picked', 'missed', 'dropped')", name="result"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id"), primary_key=True)
    command: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    result: Mapped[str]
    note: Mapped[str | None]
    told_at: Mapped[datetime] = mapped_column(server_default=NOW)


class EventRow(Base):
    """One change of a session.

    Numbers are taken in no transaction's order, but each event is written under its session's
    row lock, so that the numbers of one session are committed in rising order.
    """

    __tablename__ = "session_events"
    __table_args__ = (Index("ix_session_events_session_id", "session_id", "event_id"),)

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id"))
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=NOW)


class CheckInRow(Base):
    """One robot that asks whether it may begin, as in :class:`storage.check_ins.CheckIn`."""

    __tablename__ = "check_ins"

    arm_id: Mapped[str] = mapped_column(ForeignKey("arms.arm_id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(server_default=NOW)
    is_ready: Mapped[bool]
    start_asked_at: Mapped[datetime | None]


class EventCursorRow(Base):
    """How far a feed has told a session's events."""

    __tablename__ = "event_cursors"

    feed: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[int] = mapped_column(BigInteger)


class WorkerRow(Base):
    """One worker process and its last heartbeat."""

    __tablename__ = "workers"

    worker_id: Mapped[str] = mapped_column(primary_key=True)
    queue: Mapped[str]
    last_seen_at: Mapped[datetime] = mapped_column(server_default=NOW)


class OperatorKeyRow(Base):
    """One operator's key to the console; of its secret, the hash."""

    __tablename__ = "operator_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret_sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    revoked_at: Mapped[datetime | None]


class SignInRow(Base):
    """One browser that is signed in at the console; of its cookie, the hash."""

    __tablename__ = "sign_ins"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("operator_keys.key_id"))
    began_at: Mapped[datetime] = mapped_column(server_default=NOW)
    ends_at: Mapped[datetime]
