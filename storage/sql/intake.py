"""The robot's side: opening a session, taking its pictures in, sealing it, hearing outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sorter.errors import ConflictError, NotFoundError
from sorter.types import Arm
from storage import events
from storage.documents import arm_document
from storage.models import NOW, ArmRow, ImageRow, OutcomeRow, SessionRow
from storage.records import Acceptance, FairShare, NewImage, Outcome, SessionRecord, SessionState
from storage.rules import check_opening, check_outcomes, check_same_arm
from storage.sql.accepting import ACCEPT, accept_values, new_record
from storage.sql.base import SqlBase, append_event, lock_session
from storage.sql.prepared import Prepared
from storage.sql.records import count_images, image_record, session_records

_MARK_PUBLISHED = Prepared(
    "mark_published",
    {"image_id": "text"},
    "UPDATE images SET published_at = clock_timestamp() WHERE image_id = %(image_id)s"
    " RETURNING image_id",
)


class SqlIntake(SqlBase):
    """The methods of :class:`storage.ports.Store` that a robot's requests call."""

    def open_session(
        self,
        arm_id: str,
        *,
        expected_images: int | None,
        min_images: int,
        deadline_s: float,
        idempotency_key: str | None,
        request_id: str | None,
    ) -> tuple[SessionRecord, bool]:
        check_opening(expected_images, min_images, deadline_s)
        with self._transaction() as db:
            arm = db.get(ArmRow, arm_id)
            if arm is None:
                raise NotFoundError(f"there is no arm {arm_id!r}")
            row = _insert_session(
                db,
                session_id=self._make_id(),
                arm_id=arm_id,
                arm=arm.document,
                state=SessionState.OPEN,
                expected_images=expected_images,
                min_images=min_images,
                deadline_s=deadline_s,
                deadline_at=NOW + timedelta(seconds=deadline_s),
                idempotency_key=idempotency_key,
                request_id=request_id,
            )
            is_new = row is not None
            if row is None:
                row = _opened_before(db, arm_id, str(idempotency_key))
                _check_same(row, (expected_images, min_images, deadline_s))
            else:
                append_event(db, row.session_id, events.session_opened(arm_id, expected_images))
            return session_records(db, [row])[0], is_new

    def accept_image(
        self,
        session_id: str,
        new: NewImage,
        request_id: str | None,
        share: FairShare | None = None,
    ) -> Acceptance:
        image = new_record(session_id, self._make_id(), new, request_id)
        for row in self._ask(ACCEPT, accept_values(image, share)):
            taken = replace(image, index=row["index"], received_at=row["received_at"])
            return Acceptance(taken, True, row["has_sealed"], row["has_turn"])
        return self._accept_again(session_id, new)

    def _accept_again(self, session_id: str, new: NewImage) -> Acceptance:
        """Answer for what was not taken in: it is here already, or cannot be.

        No lock is needed: no picture ever leaves its position, and no session opens again.
        """
        with self._reading() as db:
            at = (ImageRow.session_id == session_id, ImageRow.position_pw == new.position_pw)
            known = db.scalar(select(ImageRow).where(*at))
            if known is not None:
                return _repeat(known, new)
            of_session = SessionRow.session_id == session_id
            state = db.scalar(select(SessionRow.state).where(of_session))
        if state is None:
            raise NotFoundError(f"there is no session {session_id!r}")
        raise ConflictError(f"the session is {state} and takes no more pictures")

    def mark_published(self, image_id: str) -> None:
        if not self._ask([_MARK_PUBLISHED], {"image_id": image_id}):
            raise NotFoundError(f"there is no picture {image_id!r}")

    def seal_session(self, session_id: str, arm: Arm | None = None) -> tuple[SessionRecord, bool]:
        with self._transaction() as db:
            session = lock_session(db, session_id)
            is_open = session.state is SessionState.OPEN
            if is_open:
                if arm is not None:
                    session.arm = arm_document(check_same_arm(session.arm_id, arm))
                seal(db, session, n_images=count_images(db, [session_id])[session_id][0])
            return session_records(db, [session])[0], is_open

    def save_outcomes(self, session_id: str, outcomes: Sequence[Outcome]) -> None:
        with self._transaction() as db:
            check_outcomes(lock_session(db, session_id).plan, outcomes)
            for outcome in outcomes:
                said = {"result": outcome.result, "note": outcome.note}
                new = insert(OutcomeRow).values(
                    session_id=session_id, command=outcome.command, **said
                )
                db.execute(
                    new.on_conflict_do_update(
                        index_elements=[OutcomeRow.session_id, OutcomeRow.command],
                        set_={**said, "told_at": NOW},
                    )
                )
            append_event(db, session_id, events.outcomes_saved(outcomes))

    def note_panorama(self, session_id: str, which: str, name: str) -> None:
        with self._transaction() as db:
            lock_session(db, session_id)
            append_event(db, session_id, events.panorama_saved(which, name))


def seal(db: Session, session: SessionRow, *, n_images: int, is_overdue: bool = False) -> None:
    """Let a locked, open session take no more pictures."""
    session.state = SessionState.SEALED
    session.sealed_at = session.waiting_since = NOW
    append_event(db, session.session_id, events.session_sealed(n_images, is_overdue=is_overdue))


def _insert_session(db: Session, **values: Any) -> SessionRow | None:
    """Add a session; None where the arm has used the idempotency key before."""
    new = insert(SessionRow).values(**values)
    known = [SessionRow.arm_id, SessionRow.idempotency_key]
    return db.scalar(new.on_conflict_do_nothing(index_elements=known).returning(SessionRow))


def _opened_before(db: Session, arm_id: str, idempotency_key: str) -> SessionRow:
    return db.scalars(
        select(SessionRow).where(
            SessionRow.arm_id == arm_id, SessionRow.idempotency_key == idempotency_key
        )
    ).one()


def _check_same(row: SessionRow, parameters: tuple[int | None, int, float]) -> None:
    if (row.expected_images, row.min_images, row.deadline_s) != parameters:
        raise ConflictError("the idempotency key was used with other parameters")


def _repeat(known: ImageRow, new: NewImage) -> Acceptance:
    if known.sha256 != new.sha256:
        raise ConflictError(f"another picture was taken in at position {new.position_pw:g}")
    return Acceptance(image_record(known), is_new=False, has_sealed=False)
