"""The sort workers' side: the fence around a session, and its plan."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sorter.errors import NotFoundError
from storage import events
from storage.models import NOW, STATEMENT_BEGAN_AT, ExplanationRow, SessionRow
from storage.records import Document, SessionClaim, SessionState
from storage.rules import end_state, exhausted_reason, why_unreadable
from storage.sql.base import SqlBase, append_event, claim_void_at, lock_session
from storage.sql.records import count_images, session_records
from storage.texts import plain_reason


class SqlSorting(SqlBase):
    """The methods of :class:`storage.ports.Store` that ``sort_session`` calls."""

    def claim_session(
        self, session_id: str, worker_id: str, *, dead_after_s: float, max_attempts: int
    ) -> SessionClaim | None:
        with self._transaction() as db:
            session = _locked(db, session_id)
            if session is None or not _is_claimable(db, session, dead_after_s):
                return _claim_held(db, session, worker_id)
            reason = _why_hopeless(db, session, max_attempts)
            if reason is not None:
                _fail(db, session, reason)
                return None
            session.attempt += 1
            session.state = SessionState.SORTING
            session.claimed_by = worker_id
            session.claimed_at = NOW
            append_event(db, session_id, events.session_sorting(session.attempt))
            return _claim_held(db, session, worker_id)

    def save_plan(
        self, claim: SessionClaim, plan: Document, explanation: Document | None = None
    ) -> bool:
        with self._transaction() as db:
            session = _own(db, claim)
            if session is None:
                return False
            n_failed = count_images(db, [session.session_id])[session.session_id][2]
            session.plan = dict(plan)
            if explanation is not None:
                row = ExplanationRow(session_id=session.session_id, document=dict(explanation))
                db.add(row)
            _finish(session, end_state(n_failed))
            told = events.session_sorted(session.state, plan, n_failed)
            append_event(db, session.session_id, told)
            return True

    def fail_session(self, claim: SessionClaim, reason: str) -> bool:
        with self._transaction() as db:
            session = _own(db, claim)
            if session is None:
                return False
            _fail(db, session, plain_reason(reason))
            return True

    def release_session(self, claim: SessionClaim, *, is_counted: bool = True) -> bool:
        with self._transaction() as db:
            session = _own(db, claim)
            if session is None:
                return False
            session.state = SessionState.SEALED
            session.claimed_by = session.claimed_at = None
            session.waiting_since = NOW
            session.attempt -= not is_counted
            return True


def _locked(db: Session, session_id: str) -> SessionRow | None:
    try:
        return lock_session(db, session_id)
    except NotFoundError:
        return None


def _own(db: Session, claim: SessionClaim) -> SessionRow | None:
    session = _locked(db, claim.session.session_id)
    is_own = (
        session is not None
        and session.state is SessionState.SORTING
        and (session.claimed_by, session.attempt) == (claim.worker_id, claim.attempt)
    )
    return session if is_own else None


def _claim_held(db: Session, session: SessionRow | None, worker_id: str) -> SessionClaim | None:
    """Return the worker's claim of a locked session; None where it holds none."""
    if session is None or session.claimed_by != worker_id:
        return None
    return SessionClaim(session_records(db, [session])[0], worker_id, session.attempt)


def _is_claimable(db: Session, session: SessionRow, dead_after_s: float) -> bool:
    if session.state is SessionState.SEALED:
        n_images, n_detected, n_failed = count_images(db, [session.session_id])[session.session_id]
        return n_images == n_detected + n_failed
    if session.state is not SessionState.SORTING:
        return False
    is_void = select(claim_void_at(SessionRow, dead_after_s) <= STATEMENT_BEGAN_AT)
    return bool(db.scalar(is_void.where(SessionRow.session_id == session.session_id)))


def _why_hopeless(db: Session, session: SessionRow, max_attempts: int) -> str | None:
    if session.attempt >= max_attempts:
        return exhausted_reason(session.attempt)
    n_images, n_detected, _ = count_images(db, [session.session_id])[session.session_id]
    return why_unreadable(n_detected, n_images, session.min_images)


def _fail(db: Session, session: SessionRow, reason: str) -> None:
    session.failure = reason
    _finish(session, SessionState.FAILED)
    append_event(db, session.session_id, events.session_failed(reason))


def _finish(session: SessionRow, state: SessionState) -> None:
    session.state = state
    session.claimed_by = session.claimed_at = None
    session.finished_at = NOW
