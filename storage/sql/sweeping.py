"""The sweeper's side: finding, and putting right, what nobody works on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from storage.models import NOW, STATEMENT_BEGAN_AT, ImageRow, SessionRow, WorkerRow
from storage.records import ImageRecord, ImageState, SessionRecord, SessionState
from storage.rules import DRAIN_WINDOW_S, overdue_reason
from storage.sql.base import IS_UNFINISHED, SqlBase, ago, claim_void_at, lock_session
from storage.sql.images import fail
from storage.sql.intake import seal
from storage.sql.records import count_images, image_record, session_records

SWEEP_LIMIT = 1000
"""Rows that one call returns or changes at most; the next sweep goes on where it ended."""


class SqlSweeping(SqlBase):
    """The methods of :class:`storage.ports.Store` that the sweeper calls."""

    def load_images_to_publish(
        self, *, unpublished_s: float, dead_after_s: float, queue_is_empty: bool, stuck_s: float
    ) -> list[ImageRecord]:
        void_at = claim_void_at(ImageRow, dead_after_s)
        waits = ImageRow.state == ImageState.RECEIVED
        is_abandoned = and_(ImageRow.state == ImageState.DETECTING, void_at <= STATEMENT_BEGAN_AT)
        has_turn_since = ImageRow.turn_at < ago(unpublished_s)  # without a turn, never
        is_late = and_(has_turn_since, ImageRow.waiting_since < ago(unpublished_s))
        reasons: list[ColumnElement[bool]] = [
            and_(waits, ImageRow.published_at.is_(None), is_late),
            # What was published after the claim ended is in the queue already.
            and_(is_abandoned, func.coalesce(ImageRow.published_at < void_at, True)),
            and_(or_(waits, is_abandoned), ImageRow.published_at < _overtaken_at(stuck_s)),
        ]
        if queue_is_empty:
            is_stuck = ImageRow.published_at < ago(stuck_s)
            reasons.append(and_(or_(waits, is_abandoned), is_stuck))
        query = select(ImageRow).where(IS_UNFINISHED, or_(*reasons))
        query = query.order_by(ImageRow.waiting_since, ImageRow.image_id).limit(SWEEP_LIMIT)
        with self._reading() as db:
            return [image_record(row) for row in db.scalars(query)]

    def load_sessions_to_sort(
        self, *, dead_after_s: float, queue_is_short: bool, stuck_s: float
    ) -> list[SessionRecord]:
        is_of_session = ImageRow.session_id == SessionRow.session_id
        has_unfinished = exists().where(is_of_session, IS_UNFINISHED)
        waits = and_(SessionRow.state == SessionState.SEALED, ~has_unfinished)
        void_at = claim_void_at(SessionRow, dead_after_s)
        is_abandoned = and_(SessionRow.state == SessionState.SORTING, void_at <= STATEMENT_BEGAN_AT)
        published_at = func.greatest(_ready_at(SessionRow), SessionRow.republished_at)
        reasons: list[ColumnElement[bool]] = [
            # What was published after the claim ended is in the queue already.
            and_(is_abandoned, func.coalesce(SessionRow.republished_at < void_at, True)),
            published_at < _sorts_overtaken_at(stuck_s),
        ]
        if queue_is_short:
            reasons.append(published_at < ago(stuck_s))
        query = select(SessionRow).where(or_(waits, is_abandoned), or_(*reasons))
        query = query.order_by(SessionRow.deadline_at, SessionRow.session_id).limit(SWEEP_LIMIT)
        with self._reading() as db:
            return session_records(db, db.scalars(query).all())

    def mark_republished(self, session_id: str) -> None:
        with self._transaction() as db:
            lock_session(db, session_id).republished_at = NOW

    def seal_overdue_sessions(self) -> list[SessionRecord]:
        overdue = and_(SessionRow.state == SessionState.OPEN, SessionRow.deadline_at < ago(0))
        with self._transaction() as db:
            sessions = _lock_sessions(db, overdue)
            counts = count_images(db, [session.session_id for session in sessions])
            for session in sessions:
                seal(db, session, n_images=counts[session.session_id][0], is_overdue=True)
            return session_records(db, sessions)

    def fail_overdue_images(self, grace_s: float) -> list[ImageRecord]:
        has_unfinished = exists().where(ImageRow.session_id == SessionRow.session_id, IS_UNFINISHED)
        overdue = and_(
            SessionRow.state.in_([SessionState.OPEN, SessionState.SEALED]),
            SessionRow.deadline_at < ago(grace_s),
            has_unfinished,
        )
        with self._transaction() as db:
            sessions = _lock_sessions(db, overdue)
            images = db.scalars(
                select(ImageRow)
                .where(ImageRow.session_id.in_([row.session_id for row in sessions]), IS_UNFINISHED)
                .order_by(ImageRow.session_id, ImageRow.index)
                .with_for_update(key_share=True)
            ).all()
            for image in images:
                fail(db, image, overdue_reason(grace_s))
            return [image_record(image) for image in images]

    def forget_dead_workers(self, silent_s: float) -> int:
        dead = delete(WorkerRow).where(WorkerRow.last_seen_at < ago(silent_s))
        with self._transaction() as db:
            return len(db.scalars(dead.returning(WorkerRow.worker_id)).all())


def _overtaken_at(stuck_s: float) -> ColumnElement[datetime]:
    """Return when what was published should have been claimed: the queue is first come, first out.

    That is ``stuck_s`` before the last one was published that a worker has taken of late; unknown
    where none was. Told by two indexes, one a question.
    """
    last = func.max(ImageRow.published_at)
    taken = select(last).where(
        IS_UNFINISHED,
        ImageRow.state == ImageState.DETECTING,
        ImageRow.claimed_at >= ImageRow.published_at,
    )
    finished = select(last).where(
        ImageRow.finished_at > ago(DRAIN_WINDOW_S),
        ImageRow.finished_at >= ImageRow.published_at,
    )
    newest = func.greatest(taken.scalar_subquery(), finished.scalar_subquery())
    return newest - timedelta(seconds=stuck_s)


def _ready_at(session: type[SessionRow]) -> ColumnElement[datetime]:
    """Return when all that a session waited for was there, and its chord published its sorting."""
    last = select(func.max(ImageRow.finished_at)).where(ImageRow.session_id == session.session_id)
    return func.greatest(session.waiting_since, last.scalar_subquery())


def _sorts_overtaken_at(stuck_s: float) -> ColumnElement[datetime]:
    """Return when what became ready should have been claimed; as :func:`_overtaken_at`.

    Only sessions that were published once tell: of another it is not known by which message it
    was taken, and if by the first, it has overtaken nobody.
    """
    taken = aliased(SessionRow)
    first = and_(taken.attempt == 1, taken.republished_at.is_(None))
    newest = select(func.max(_ready_at(taken))).where(first)
    under_way = newest.where(taken.state == SessionState.SORTING)
    finished = newest.where(taken.finished_at > ago(DRAIN_WINDOW_S))
    last = func.greatest(under_way.scalar_subquery(), finished.scalar_subquery())
    return last - timedelta(seconds=stuck_s)


def _lock_sessions(db: Session, which: ColumnElement[bool]) -> Sequence[SessionRow]:
    """Lock the sessions that nobody holds just now; the next sweep finds the others."""
    return db.scalars(
        select(SessionRow)
        .where(which)
        .order_by(SessionRow.session_id)
        .limit(SWEEP_LIMIT)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
