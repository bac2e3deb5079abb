"""What every part of the SQL store stands on: transactions, row locks and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import Session

from sorter.errors import NotFoundError
from storage.engine import autocommitted, lent_driver, our_errors
from storage.events import NewEvent
from storage.models import STATEMENT_BEGAN_AT, EventRow, ImageRow, SessionRow, WorkerRow
from storage.records import ImageState
from storage.rules import CLAIM_LEASE_S
from storage.sql.prepared import Prepared, ask

IS_UNFINISHED = ImageRow.state.in_([state for state in ImageState if not state.is_final])


class SqlBase:
    """Runs transactions on an engine.

    In READ COMMITTED, which the engine sets, a statement sees what was committed before it
    began. So whoever locks a row first and counts in the next statement counts right.
    """

    def __init__(self, engine: Engine, *, make_id: Callable[[], str]) -> None:
        self._engine = engine
        self._make_id = make_id

    def close(self) -> None:
        """Close the pooled connections; the next call opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with our_errors(), Session(self._engine, expire_on_commit=False) as db, db.begin():
            yield db

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        """Read without BEGIN and COMMIT, which would be two round trips more."""
        with (
            our_errors(),
            self._engine.connect() as connection,
            autocommitted(connection),
            Session(connection) as db,
        ):
            yield db

    def _ask(
        self, statements: Sequence[Prepared], values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Run statements as they are written, in one round trip; return the rows of the last.

        For what every picture needs: to build a statement, and to map its rows, takes the ORM
        several times as long as PostgreSQL takes to run it. What several statements change is
        changed together or not at all, and each sees what was committed before it began.

        Raises:
            InvalidInputError: A text cannot be kept.
        """
        with our_errors(), lent_driver(self._engine) as lent:
            return ask(lent, statements, values)


def ago(seconds: float) -> ColumnElement[datetime]:
    """Return the time so many seconds before the statement."""
    return STATEMENT_BEGAN_AT - timedelta(seconds=seconds)


def lock_session(db: Session, session_id: str) -> SessionRow:
    """Lock a session's row until the transaction ends; rows that refer to it may still come.

    Raises:
        NotFoundError: There is no such session.
    """
    found = db.scalar(
        select(SessionRow)
        .where(SessionRow.session_id == session_id)
        .with_for_update(key_share=True)
    )
    if found is None:
        raise NotFoundError(f"there is no session {session_id!r}")
    return found


def lock_image(db: Session, image_id: str) -> ImageRow | None:
    """Lock the row of a picture's session, then the picture's own; None where there is none."""
    of_image = select(ImageRow.session_id).where(ImageRow.image_id == image_id).scalar_subquery()
    db.execute(
        select(SessionRow.session_id)
        .where(SessionRow.session_id == of_image)
        .with_for_update(key_share=True)
    )
    return db.scalar(
        select(ImageRow).where(ImageRow.image_id == image_id).with_for_update(key_share=True)
    )


def append_event(db: Session, session_id: str, event: NewEvent) -> None:
    """Tell of a change; the session's row must be locked, or be new in this transaction."""
    kind, data = event
    db.add(EventRow(session_id=session_id, kind=kind, data=data))


def claim_void_at(
    row: type[ImageRow] | type[SessionRow], dead_after_s: float
) -> ColumnElement[datetime]:
    """Return when a row's claim ends: its worker is silent too long, or the lease runs out.

    The claim itself counts as a sign of life.
    """
    last_seen_at = (
        select(WorkerRow.last_seen_at)
        .where(WorkerRow.worker_id == row.claimed_by)
        .scalar_subquery()
    )
    last_sign_at = func.greatest(row.claimed_at, last_seen_at)  # greatest() passes over NULL
    return func.least(
        last_sign_at + timedelta(seconds=dead_after_s),
        row.claimed_at + timedelta(seconds=CLAIM_LEASE_S),
    )
