"""Rows as the records of :mod:`storage.records`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sorter.types import ImageSize
from storage.documents import arm_from_document
from storage.models import EventRow, ImageRow, KeyRow, SessionRow, WorkerRow
from storage.records import Event, ImageRecord, ImageState, KeyRecord, SessionRecord, WorkerRecord

Counts = tuple[int, int, int]
"""How many pictures a session has, how many were detected, and how many failed."""


def count_images(db: Session, session_ids: Sequence[str]) -> dict[str, Counts]:
    """Count the pictures of sessions, in a statement of its own; (0, 0, 0) where none came."""
    db.flush()
    rows = db.execute(
        select(
            ImageRow.session_id,
            func.count(),
            func.count().filter(ImageRow.state == ImageState.DETECTED),
            func.count().filter(ImageRow.state == ImageState.FAILED),
        )
        .where(ImageRow.session_id.in_(session_ids))
        .group_by(ImageRow.session_id)
    )
    counts = {row[0]: (row[1], row[2], row[3]) for row in rows}
    return {session_id: counts.get(session_id, (0, 0, 0)) for session_id in session_ids}


def session_records(db: Session, rows: Sequence[SessionRow]) -> list[SessionRecord]:
    """Return sessions as records, in the order given, their pictures counted now."""
    counts = count_images(db, [row.session_id for row in rows])
    return [session_record(row, counts[row.session_id]) for row in rows]


def session_record(row: SessionRow, counts: Counts) -> SessionRecord:
    """Return a session as a record."""
    n_images, n_detected, n_failed = counts
    return SessionRecord(
        session_id=row.session_id,
        arm=arm_from_document(row.arm),
        state=row.state,
        expected_images=row.expected_images,
        min_images=row.min_images,
        deadline_at=row.deadline_at,
        opened_at=row.opened_at,
        sealed_at=row.sealed_at,
        finished_at=row.finished_at,
        n_images=n_images,
        n_detected=n_detected,
        n_failed=n_failed,
        failure=row.failure,
        request_id=row.request_id,
        idempotency_key=row.idempotency_key,
    )


def image_record(row: ImageRow) -> ImageRecord:
    """Return a picture as a record."""
    return ImageRecord(
        image_id=row.image_id,
        session_id=row.session_id,
        index=row.index,
        position_pw=row.position_pw,
        state=row.state,
        key=row.key,
        sha256=row.sha256,
        size=ImageSize(row.width_px, row.height_px),
        n_bytes=row.n_bytes,
        attempt=row.attempt,
        failure=row.failure,
        received_at=row.received_at,
        finished_at=row.finished_at,
        request_id=row.request_id,
        model=row.model,
    )


def key_record(row: KeyRow) -> KeyRecord:
    """Return a bearer key as a record."""
    return KeyRecord(row.key_id, row.arm_id, row.secret_sha256, row.created_at, row.revoked_at)


def event_record(row: EventRow) -> Event:
    """Return an event as a record."""
    return Event(row.event_id, row.session_id, row.kind, row.data, row.at)


def worker_record(row: WorkerRow) -> WorkerRecord:
    """Return a worker as a record."""
    return WorkerRecord(row.worker_id, row.queue, row.last_seen_at)
