"""Whose turn it is: of each arm only so many pictures are on the queue at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from storage.models import NOW, ArmRow, ImageRow, SessionRow, WorkerRow
from storage.ports import FairShare, ImageRecord, ImageState, SessionState
from storage.rules import DETECTING_QUEUE
from storage.sql.base import IS_UNFINISHED, SqlBase, ago
from storage.sql.records import image_record

_HAS_TURN = or_(ImageRow.turn_at.is_not(None), ImageRow.published_at.is_not(None))
_IS_HELD = and_(ImageRow.state == ImageState.RECEIVED, ~_HAS_TURN)
_OF_SESSION = and_(
    ImageRow.session_id == SessionRow.session_id,
    # Said for the index: an arm may have thousands of sessions that are over.
    SessionRow.state.in_([SessionState.OPEN, SessionState.SEALED, SessionState.SORTING]),
)


_LOOK = """
SELECT arm_id
  FROM sessions JOIN images i USING (session_id)
 WHERE sessions.state IN ('open', 'sealed', 'sorting')  -- said for the index, as above
   AND i.state IN ('received', 'detecting')
   AND (%(session_id)s IS NULL
        OR arm_id = (SELECT arm_id FROM sessions WHERE session_id = %(session_id)s))
 GROUP BY arm_id
HAVING count(*) FILTER (WHERE i.state = 'received' AND i.turn_at IS NULL
                          AND i.published_at IS NULL) > 0
   AND count(*) FILTER (WHERE i.turn_at IS NOT NULL OR i.published_at IS NOT NULL)
       < %(per_worker)s * greatest(1, (
         SELECT count(*) FROM workers
          WHERE queue = %(queue)s
            AND last_seen_at >= statement_timestamp() - %(alive_within_s)s * interval '1 s'
         ))
 ORDER BY arm_id
"""
"""Returns the arms, of those of a session or of all, that hold a picture back and have a place."""


class SqlTurns(SqlBase):
    """The method of :class:`storage.ports.Store` that whoever publishes calls first.

    Most who ask find nothing held back, or no place free, and learn it without a lock. They miss
    nothing: a picture that is held back then was committed before all of those that hold the
    places are final, and whoever makes one of those final asks after that.
    """

    def take_turns(self, session_id: str | None, share: FairShare) -> list[ImageRecord]:
        arm_ids = [row["arm_id"] for row in self._ask(_LOOK, _look_values(session_id, share))]
        if not arm_ids:
            return []
        with self._transaction() as db:
            _lock_arms(db, arm_ids)  # what is counted is counted in later statements
            n_places = db.execute(select(_n_places(share))).scalar_one()
            due = [each for arm_id in arm_ids for each in _lock_due(db, arm_id, n_places)]
            turns = update(ImageRow).where(ImageRow.image_id.in_(due)).values(turn_at=NOW)
            taken = db.scalars(turns.returning(ImageRow)).all()
            taken = sorted(taken, key=lambda row: (row.received_at, row.session_id, row.index))
            return [image_record(row) for row in taken]


def _look_values(session_id: str | None, share: FairShare) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "per_worker": share.per_worker,
        "alive_within_s": share.alive_within_s,
        "queue": DETECTING_QUEUE,
    }


def _n_places(share: FairShare) -> ColumnElement[int]:
    """Return how many pictures an arm may have on the queue with the workers that live now."""
    lives = and_(
        WorkerRow.queue == DETECTING_QUEUE, WorkerRow.last_seen_at >= ago(share.alive_within_s)
    )
    n_workers = select(func.count()).select_from(WorkerRow).where(lives).scalar_subquery()
    return share.per_worker * func.greatest(n_workers, 1)


def _lock_arms(db: Session, arm_ids: Sequence[str]) -> None:
    """Let nobody else give turns to these arms until the transaction ends."""
    rows = select(ArmRow.arm_id).where(ArmRow.arm_id.in_(arm_ids)).order_by(ArmRow.arm_id)
    db.execute(rows.with_for_update(key_share=True))


def _lock_due(db: Session, arm_id: str, n_places: int) -> Sequence[str]:
    """Lock an arm's oldest pictures that are held back, as many as it has places free."""
    is_arms = and_(_OF_SESSION, SessionRow.arm_id == arm_id)
    taken = select(func.count()).select_from(ImageRow).join(SessionRow, is_arms)
    n_taken = db.execute(taken.where(IS_UNFINISHED, _HAS_TURN)).scalar_one()
    held = (
        select(ImageRow.image_id)
        .join(SessionRow, is_arms)
        .where(_IS_HELD)
        .order_by(ImageRow.received_at, ImageRow.session_id, ImageRow.index)
        .limit(max(n_places - n_taken, 0))
    )
    # Skipped are those that somebody is failing just now.
    locked = held.with_for_update(of=ImageRow, key_share=True, skip_locked=True)
    return db.scalars(locked).all()
