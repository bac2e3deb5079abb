"""The site's figures, each from an index: history may be long, and they are asked for often."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from storage.figures import RECENT_S, SiteFigures
from storage.models import STATEMENT_BEGAN_AT, ImageRow, SessionRow, WorkerRow
from storage.records import ImageState, SessionState
from storage.rules import DRAIN_WINDOW_S, drain_rate
from storage.sql.base import IS_UNFINISHED, SqlBase, ago

Key = TypeVar("Key")

_IS_OPEN = SessionRow.state.in_([state for state in SessionState if not state.is_final])
_READY_TO_SORT = and_(
    SessionRow.state == SessionState.SEALED,
    ~exists().where(ImageRow.session_id == SessionRow.session_id, IS_UNFINISHED),
)


class SqlFigures(SqlBase):
    """The method of :class:`storage.ports.Store` for those who watch."""

    def load_figures(self, alive_within_s: float) -> SiteFigures:
        recent = or_(_IS_OPEN, SessionRow.opened_at > ago(RECENT_S))
        oldest_image = _age_s(ImageRow.waiting_since, ImageRow.state == ImageState.RECEIVED)
        lives = WorkerRow.last_seen_at >= ago(alive_within_s)
        with self._reading() as db:
            ended = db.execute(_ended_of_late()).one()
            return SiteFigures(
                sessions=_counts(db, select(SessionRow.state, func.count()).where(recent)),
                images=_counts(db, select(ImageRow.state, func.count()).where(IS_UNFINISHED)),
                oldest_image_s=_seconds(db, oldest_image),
                oldest_session_s=_seconds(db, _age_s(SessionRow.waiting_since, _READY_TO_SORT)),
                image_p50_s=ended.p50_s,
                image_p95_s=ended.p95_s,
                drained_per_s=_drained_per_s(db, ended.n, ended.longest_s),
                n_quarantined=db.execute(_n_quarantined()).scalar_one(),
                workers=_counts(db, select(WorkerRow.queue, func.count()).where(lives)),
            )


def _counts(db: Session, query: Select[Key, int]) -> dict[Key, int]:
    """Run a query for a key and a count, a row for each key."""
    key = next(iter(query.selected_columns))
    return {each: n for each, n in db.execute(query.group_by(key).order_by(key)).all()}  # noqa: C416


def _age_s(since: Any, which: ColumnElement[bool]) -> Select[Any]:
    """Select for how many seconds the oldest of these has waited."""
    return select(func.extract("epoch", STATEMENT_BEGAN_AT - func.min(since))).where(which)


def _seconds(db: Session, query: Select[Any]) -> float:
    return max(float(db.execute(query).scalar_one() or 0), 0.0)


def _ended_of_late() -> Select[int, float, float, float]:
    took_s = func.extract("epoch", ImageRow.finished_at - ImageRow.received_at)
    busy_s = func.extract("epoch", STATEMENT_BEGAN_AT - func.min(ImageRow.received_at))
    return select(
        func.count().label("n"),
        busy_s.label("longest_s"),
        func.percentile_cont(0.5).within_group(took_s).label("p50_s"),
        func.percentile_cont(0.95).within_group(took_s).label("p95_s"),
    ).where(ImageRow.finished_at > ago(DRAIN_WINDOW_S))


def _drained_per_s(db: Session, n_ended: int, longest_s: float | None) -> float | None:
    waiting = _seconds(db, _age_s(ImageRow.received_at, IS_UNFINISHED))
    return drain_rate(n_ended, max(waiting, float(longest_s or 0)))


def _n_quarantined() -> Select[int]:
    return select(func.count()).where(ImageRow.quarantined_at.is_not(None))
