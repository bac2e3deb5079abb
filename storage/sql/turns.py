"""Whose turn it is: of each arm only so many pictures are on the queue at a time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from storage.models import NOW, ArmRow, ImageRow, SessionRow, WorkerRow
from storage.ports import FairShare, ImageRecord, ImageState
from storage.rules import DETECTING_QUEUE
from storage.sql.base import SqlBase, ago
from storage.sql.records import image_record

_HAS_TURN = or_(ImageRow.turn_at.is_not(None), ImageRow.published_at.is_not(None))
_IS_HELD = and_(ImageRow.state == ImageState.RECEIVED, ~_HAS_TURN)
_IS_UNFINISHED = ImageRow.state.in_([ImageState.RECEIVED, ImageState.DETECTING])


class SqlTurns(SqlBase):
    """The method of :class:`storage.ports.Store` that whoever publishes calls first.

    Who looks, without a lock, for what is held back misses only pictures that were committed
    later, and whoever committed those looks after that again.
    """

    def take_turns(self, session_id: str | None, share: FairShare) -> list[ImageRecord]:
        with self._reading() as db:
            arm_ids = db.scalars(_arms_that_hold_pictures_back(session_id)).all()
        if not arm_ids:
            return []
        with self._transaction() as db:
            _lock_arms(db, arm_ids)  # counted in the next statement, as the lock needs it
            due = _lock_due(db, arm_ids, _n_places(share))
            turns = update(ImageRow).where(ImageRow.image_id.in_(due)).values(turn_at=NOW)
            taken = db.scalars(turns.returning(ImageRow)).all()
            taken = sorted(taken, key=lambda row: (row.received_at, row.session_id, row.index))
            return [image_record(row) for row in taken]


def _arms_that_hold_pictures_back(session_id: str | None) -> Select[str]:
    held = select(SessionRow.arm_id).join(ImageRow, ImageRow.session_id == SessionRow.session_id)
    held = held.where(_IS_HELD).distinct()
    if session_id is None:
        return held
    of_session = aliased(SessionRow)
    arm_id = select(of_session.arm_id).where(of_session.session_id == session_id)
    return held.where(SessionRow.arm_id == arm_id.scalar_subquery())


def _lock_arms(db: Session, arm_ids: Sequence[str]) -> None:
    """Let nobody else give turns to these arms until the transaction ends."""
    rows = select(ArmRow.arm_id).where(ArmRow.arm_id.in_(arm_ids)).order_by(ArmRow.arm_id)
    db.execute(rows.with_for_update(key_share=True))


def _n_places(share: FairShare) -> ColumnElement[int]:
    """Return how many pictures an arm may have on the queue with the workers that live now."""
    lives = and_(
        WorkerRow.queue == DETECTING_QUEUE, WorkerRow.last_seen_at >= ago(share.alive_within_s)
    )
    n_workers = select(func.count()).where(lives).scalar_subquery()
    return share.per_worker * func.greatest(n_workers, 1)


def _lock_due(db: Session, arm_ids: Sequence[str], n_places: ColumnElement[int]) -> Sequence[str]:
    """Lock each arm's oldest pictures that are held back, as many as it has places free."""
    of_arm = (SessionRow.session_id == ImageRow.session_id) & SessionRow.arm_id.in_(arm_ids)
    n_taken = (
        select(SessionRow.arm_id, func.count().label("n"))
        .join(ImageRow, of_arm)
        .where(_IS_UNFINISHED, _HAS_TURN)
        .group_by(SessionRow.arm_id)
        .subquery()
    )
    oldest_first = [ImageRow.received_at, ImageRow.session_id, ImageRow.index]
    place = func.row_number().over(partition_by=SessionRow.arm_id, order_by=oldest_first)
    held = (
        select(ImageRow.image_id, SessionRow.arm_id, place.label("place"))
        .join(SessionRow, of_arm)
        .where(_IS_HELD)
        .subquery()
    )
    due = (
        select(held.c.image_id)
        .join(n_taken, n_taken.c.arm_id == held.c.arm_id, isouter=True)
        .where(held.c.place + func.coalesce(n_taken.c.n, 0) <= n_places)
    )
    # Skipped are those that somebody is failing just now.
    rows = select(ImageRow.image_id).where(ImageRow.image_id.in_(due), _IS_HELD)
    return db.scalars(rows.with_for_update(key_share=True, skip_locked=True)).all()
