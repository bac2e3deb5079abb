"""The console's side: the fleet and the history, each from an index, as history may be long."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from sorter.errors import NotFoundError
from storage.models import (
    STATEMENT_BEGAN_AT,
    ArmRow,
    DetectionsRow,
    EventRow,
    ImageRow,
    SessionRow,
)
from storage.overview import (
    N_HOURS,
    N_RECENT_SESSIONS,
    TRY_ARM_ID,
    ArmHours,
    ArmNow,
    PictureTimes,
    SessionFilter,
    TriedPicture,
)
from storage.records import SessionRecord, SessionState
from storage.sql.base import IS_UNFINISHED, SqlBase, ago
from storage.sql.records import session_records

HOUR_S = 3600
_ID_LENGTH = 32


class SqlOverview(SqlBase):
    """The methods of :class:`storage.ports.Store` for fleet, history and tried pictures."""

    def load_arms_now(self) -> list[ArmNow]:
        newest = _newest_sessions(1)
        recent = _newest_sessions(N_RECENT_SESSIONS)
        last_at = (
            select(func.max(ImageRow.received_at))
            .join(recent, recent.c.session_id == ImageRow.session_id)
            .scalar_subquery()
        )
        since = select(func.max(ImageRow.received_at)).where(
            ImageRow.session_id == newest.c.session_id
        )
        unfinished = select(func.count()).where(
            SessionRow.arm_id == ArmRow.arm_id,
            SessionRow.state.in_([state for state in SessionState if not state.is_final]),
        )
        query = (
            select(
                ArmRow.arm_id,
                unfinished.scalar_subquery(),
                _seconds_since(last_at),
                newest.c.session_id,
                newest.c.state,
                _seconds_since(func.coalesce(since.scalar_subquery(), newest.c.opened_at)),
            )
            .outerjoin(newest, and_(True))
            .where(ArmRow.arm_id != TRY_ARM_ID)
            .order_by(ArmRow.arm_id)
        )
        with self._reading() as db:
            return [
                ArmNow(arm_id, n, _age(last_s), newest_id, _age(quiet_s) if is_open else None)
                for arm_id, n, last_s, newest_id, is_open, quiet_s in (
                    (*row[:4], row[4] is SessionState.OPEN, row[5]) for row in db.execute(query)
                )
            ]

    def load_arm_hours(self) -> list[ArmHours]:
        since = ago(N_HOURS * HOUR_S)
        hours_ago = func.floor(_seconds_since(ImageRow.received_at) / HOUR_S)
        query = (
            select(
                SessionRow.arm_id,
                hours_ago,
                func.count(),
                func.count().filter(ImageRow.failure.is_not(None)),
            )
            .join(SessionRow, SessionRow.session_id == ImageRow.session_id)
            # Whatever came since is not final, or became so since; both have an index.
            .where(or_(IS_UNFINISHED, ImageRow.finished_at > since))
            .where(ImageRow.received_at > since, SessionRow.arm_id != TRY_ARM_ID)
            .group_by(SessionRow.arm_id, hours_ago)
        )
        received: dict[str, list[int]] = defaultdict(lambda: [0] * N_HOURS)
        failed: dict[str, list[int]] = defaultdict(lambda: [0] * N_HOURS)
        with self._reading() as db:
            for arm_id, hour, n, n_failed in db.execute(query):
                at = N_HOURS - 1 - min(max(int(hour), 0), N_HOURS - 1)
                received[arm_id][at] += n
                failed[arm_id][at] += n_failed
        return [ArmHours(arm_id, received[arm_id], failed[arm_id]) for arm_id in sorted(received)]

    def load_picture_times(self, window_s: float, limit: int) -> list[PictureTimes]:
        n_claims = func.cardinality(ImageRow.claimants)
        query = (
            select(
                ImageRow.received_at,
                DetectionsRow.claimed_at,
                ImageRow.finished_at,
                ImageRow.claimants[n_claims],
            )
            .outerjoin(DetectionsRow, DetectionsRow.image_id == ImageRow.image_id)
            .where(or_(IS_UNFINISHED, ImageRow.finished_at > ago(window_s)))
            .order_by(ImageRow.received_at.desc())
            .limit(limit)
        )
        with self._reading() as db:
            times = [
                PictureTimes(received, claimed, finished, worker if claimed else None)
                for received, claimed, finished, worker in db.execute(query)
            ]
        return times[::-1]

    def find_history(
        self, which: SessionFilter, before_id: str | None, limit: int
    ) -> list[SessionRecord]:
        query = select(SessionRow).where(SessionRow.arm_id != TRY_ARM_ID, *_conditions(which))
        query = query.order_by(SessionRow.opened_at.desc(), SessionRow.session_id.desc())
        with self._reading() as db:
            if before_id is not None:
                last = db.get(SessionRow, before_id)
                if last is None:
                    raise NotFoundError(f"there is no session {before_id!r}")
                place = tuple_(SessionRow.opened_at, SessionRow.session_id)
                query = query.where(place < (last.opened_at, last.session_id))
            return session_records(db, db.scalars(query.limit(limit)).all())

    def load_tried(self, older_than_s: float) -> list[TriedPicture]:
        sessions = (
            select(SessionRow.session_id, func.array_remove(func.array_agg(ImageRow.key), None))
            .outerjoin(ImageRow, ImageRow.session_id == SessionRow.session_id)
            .where(SessionRow.arm_id == TRY_ARM_ID, SessionRow.opened_at < ago(older_than_s))
            .group_by(SessionRow.session_id)
            .order_by(SessionRow.session_id)
        )
        with self._reading() as db:
            return [
                TriedPicture(session_id, tuple(keys)) for session_id, keys in db.execute(sessions)
            ]

    def delete_tried(self, session_id: str) -> None:
        is_tried = select(SessionRow.session_id).where(
            SessionRow.session_id == session_id, SessionRow.arm_id == TRY_ARM_ID
        )
        with self._transaction() as db:
            if db.scalar(is_tried.with_for_update()) is None:
                return
            images = select(ImageRow.image_id).where(ImageRow.session_id == session_id)
            db.execute(delete(DetectionsRow).where(DetectionsRow.image_id.in_(images)))
            for row in (ImageRow, EventRow, SessionRow):
                db.execute(delete(row).where(row.session_id == session_id))


def last_beginning(prefix: str) -> str:
    """Return a text that no session's id that begins so comes after, in the database's order.

    Ids are hexadecimal. A letter does for a bound, and the highest character of all does not: the
    order of English, which PostgreSQL's image has, passes over what it does not know.
    """
    return prefix + "z" * _ID_LENGTH


def _newest_sessions(n: int) -> Any:
    """Select the ``n`` newest sessions of the arm that the outer query is at."""
    of_arm = aliased(SessionRow)
    return (
        select(of_arm.session_id, of_arm.state, of_arm.opened_at)
        .where(of_arm.arm_id == ArmRow.arm_id)
        .order_by(of_arm.opened_at.desc(), of_arm.session_id.desc())
        .limit(n)
        .correlate(ArmRow)
        .lateral()
    )


def _seconds_since(at: Any) -> Any:
    return func.extract("epoch", STATEMENT_BEGAN_AT - at)


def _age(seconds: Any) -> float | None:
    """Return an age as a number from 0 up: what was committed meanwhile is not younger."""
    return None if seconds is None else max(float(seconds), 0.0)


def _conditions(which: SessionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.id_prefix:
        # The range lets the key's index be used; the rest is exact.
        last = last_beginning(which.id_prefix)
        conditions += [SessionRow.session_id.between(which.id_prefix, last)]
        conditions += [SessionRow.session_id.startswith(which.id_prefix, autoescape=True)]
    if which.arm_id:
        conditions.append(SessionRow.arm_id == which.arm_id)
    if which.state is not None:
        conditions.append(SessionRow.state == which.state)
    if which.opened_from is not None:
        conditions.append(SessionRow.opened_at >= which.opened_from)
    if which.opened_before is not None:
        conditions.append(SessionRow.opened_at < which.opened_before)
    return conditions
