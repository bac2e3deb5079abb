"""What is only read, and the workers' heartbeats."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sorter.errors import NotFoundError
from sorter.types import ImageSize, Photograph
from storage.documents import detections_from_columns
from storage.models import (
    NOW,
    STATEMENT_BEGAN_AT,
    DetectionsRow,
    EventRow,
    ImageRow,
    OutcomeRow,
    SessionRow,
    WorkerRow,
)
from storage.records import (
    Backlog,
    Document,
    Event,
    ImageRecord,
    ImageState,
    Outcome,
    SessionRecord,
    WorkerRecord,
)
from storage.rules import DRAIN_WINDOW_S, drain_rate
from storage.sql.base import IS_UNFINISHED, SqlBase, ago
from storage.sql.lookups import IMAGE_AT, SESSION, image_of, session_of
from storage.sql.records import event_record, image_record, session_records, worker_record

T = TypeVar("T")


class SqlReading(SqlBase):
    """The methods of :class:`storage.ports.Store` that change nothing, and ``beat``."""

    def load_session(self, session_id: str) -> SessionRecord:
        for row in self._ask(SESSION, {"session_id": session_id}):
            return session_of(row)
        raise NotFoundError(f"there is no session {session_id!r}")

    def find_sessions(
        self, key_prefix: str, arm_id: str | None = None, limit: int | None = None
    ) -> list[SessionRecord]:
        begins_so = SessionRow.idempotency_key.startswith(key_prefix, autoescape=True)
        newest_first = (SessionRow.opened_at.desc(), SessionRow.session_id)
        query = select(SessionRow).where(begins_so).order_by(*newest_first).limit(limit)
        if arm_id is not None:
            query = query.where(SessionRow.arm_id == arm_id)
        with self._reading() as db:
            return session_records(db, db.scalars(query).all())

    def load_images(self, session_id: str) -> list[ImageRecord]:
        query = select(ImageRow).where(ImageRow.session_id == session_id).order_by(ImageRow.index)
        with self._reading() as db:
            images = [image_record(row) for row in db.scalars(query)]
            return _unless_unknown(db, session_id, images)

    def load_image_at(self, session_id: str, position_pw: float) -> ImageRecord | None:
        at = {"session_id": session_id, "position_pw": position_pw}
        return next((image_of(row) for row in self._ask(IMAGE_AT, at)), None)

    def load_plan(self, session_id: str) -> Document | None:
        with self._reading() as db:
            plan: Document | None = _session(db, session_id).plan
            return plan

    def load_outcomes(self, session_id: str) -> list[Outcome]:
        of_session = OutcomeRow.session_id == session_id
        query = select(OutcomeRow).where(of_session).order_by(OutcomeRow.command)
        with self._reading() as db:
            outcomes = [Outcome(row.command, row.result, row.note) for row in db.scalars(query)]
            return _unless_unknown(db, session_id, outcomes)

    def load_events(self, session_id: str, after_id: int = 0, limit: int = 500) -> list[Event]:
        later = (EventRow.session_id == session_id, EventRow.event_id > after_id)
        query = select(EventRow).where(*later).order_by(EventRow.event_id).limit(limit)
        with self._reading() as db:
            found = [event_record(row) for row in db.scalars(query)]
            return _unless_unknown(db, session_id, found)

    def load_backlog(self) -> Backlog:
        busy_s = func.extract("epoch", STATEMENT_BEGAN_AT - func.min(ImageRow.received_at))
        by_arm = select(SessionRow.arm_id, func.count(), busy_s).group_by(SessionRow.arm_id)
        by_arm = by_arm.join(ImageRow, ImageRow.session_id == SessionRow.session_id)
        of_late = ImageRow.finished_at > ago(DRAIN_WINDOW_S)
        with self._reading() as db:
            waiting = db.execute(by_arm.where(IS_UNFINISHED).order_by(SessionRow.arm_id)).all()
            n_finished, longest_s = db.execute(select(func.count(), busy_s).where(of_late)).one()
        ages_s = [float(age_s) for *_, age_s in waiting] + [float(longest_s or 0)]
        return Backlog({arm_id: n for arm_id, n, _ in waiting}, drain_rate(n_finished, max(ages_s)))

    def load_photographs(self, session_id: str) -> list[Photograph]:
        query = (
            select(ImageRow, DetectionsRow)
            .join(DetectionsRow, DetectionsRow.image_id == ImageRow.image_id)
            .where(ImageRow.session_id == session_id, ImageRow.state == ImageState.DETECTED)
            .order_by(ImageRow.index)
        )
        with self._reading() as db:
            photographs = [_photograph(image, found) for image, found in db.execute(query)]
            return _unless_unknown(db, session_id, photographs)

    def beat(self, worker_id: str, queue: str) -> None:
        new = insert(WorkerRow).values(worker_id=worker_id, queue=queue)
        seen = {"queue": queue, "last_seen_at": NOW}
        with self._transaction() as db:
            db.execute(new.on_conflict_do_update(index_elements=[WorkerRow.worker_id], set_=seen))

    def load_workers(self, alive_within_s: float) -> list[WorkerRecord]:
        is_alive = WorkerRow.last_seen_at >= ago(alive_within_s)
        query = select(WorkerRow).where(is_alive).order_by(WorkerRow.worker_id)
        with self._reading() as db:
            return [worker_record(row) for row in db.scalars(query)]


def _session(db: Session, session_id: str) -> SessionRow:
    row = db.get(SessionRow, session_id)
    if row is None:
        raise NotFoundError(f"there is no session {session_id!r}")
    return row


def _unless_unknown(db: Session, session_id: str, found: list[T]) -> list[T]:
    """Return what was found; where it is nothing, make sure that the session exists."""
    if not found:
        _session(db, session_id)
    return found


def _photograph(image: ImageRow, found: DetectionsRow) -> Photograph:
    return Photograph(
        image.image_id,
        image.position_pw,
        ImageSize(image.width_px, image.height_px),
        detections_from_columns(found.xyxy_px, found.labels, found.scores),
    )
