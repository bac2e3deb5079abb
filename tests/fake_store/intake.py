"""Arms, keys and the robot's side of the fake store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sorter.errors import ConflictError, NotFoundError
from sorter.types import Arm
from storage import events, rules
from storage.documents import arm_document, arm_from_document
from storage.records import (
    Acceptance,
    Backlog,
    Document,
    Event,
    FairShare,
    ImageRecord,
    ImageState,
    KeyRecord,
    NewImage,
    Outcome,
    SessionRecord,
    SessionState,
)
from storage.texts import checked_text
from tests.fake_store.rows import FakeImage, FakeSession, find
from tests.fake_store.turns import FakeTurns


class FakeIntake(FakeTurns):
    """Twin of :mod:`storage.sql.arms`, :mod:`storage.sql.intake` and :mod:`storage.sql.reading`."""

    def save_arm(self, arm: Arm) -> bool:
        with self._transaction():
            is_new = arm.arm_id not in self._arms
            self._arms[checked_text(arm.arm_id)] = arm_from_document(arm_document(arm))
            return is_new

    def load_arm(self, arm_id: str) -> Arm:
        with self._transaction():
            return find(self._arms, arm_id)

    def save_key(self, key_id: str, arm_id: str, secret_sha256: str) -> KeyRecord:
        with self._transaction() as now:
            find(self._arms, arm_id)
            new = KeyRecord(key_id, arm_id, secret_sha256, now, None)
            key = self._keys.setdefault(key_id, new)
            if (key.arm_id, key.secret_sha256) != (arm_id, secret_sha256):
                raise ConflictError(f"another key is called {key_id!r}")
            return key

    def load_key(self, key_id: str) -> KeyRecord:
        with self._transaction():
            return find(self._keys, key_id)

    def load_keys(self, arm_id: str | None = None) -> list[KeyRecord]:
        with self._transaction():
            if arm_id is not None:
                find(self._arms, arm_id)
            return [key for key in self._keys.values() if arm_id in {None, key.arm_id}]

    def revoke_key(self, key_id: str) -> KeyRecord:
        with self._transaction() as now:
            key = find(self._keys, key_id)
            self._keys[key_id] = replace(key, revoked_at=key.revoked_at or now)
            return self._keys[key_id]

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
        rules.check_opening(expected_images, min_images, deadline_s)
        parameters = (expected_images, min_images, deadline_s)
        with self._transaction() as now:
            arm = find(self._arms, arm_id)
            known = self._opened_before(arm_id, idempotency_key)
            if known is not None and known.parameters != parameters:
                raise ConflictError("the idempotency key was used with other parameters")
            if known is not None:
                return known.counted(), False
            record = SessionRecord(
                session_id=self._make_id(),
                arm=arm,
                state=SessionState.OPEN,
                expected_images=expected_images,
                min_images=min_images,
                deadline_at=now + timedelta(seconds=deadline_s),
                opened_at=now,
                sealed_at=None,
                finished_at=None,
                n_images=0,
                n_detected=0,
                n_failed=0,
                failure=None,
                request_id=request_id,
                idempotency_key=idempotency_key,
            )
            self._sessions[record.session_id] = FakeSession(record, parameters, idempotency_key)
            self._tell(record.session_id, events.session_opened(arm_id, expected_images))
            return record, True

    def _opened_before(self, arm_id: str, idempotency_key: str | None) -> FakeSession | None:
        if idempotency_key is None:
            return None
        wanted = (arm_id, checked_text(idempotency_key))
        for session in self._sessions.values():
            if (session.record.arm.arm_id, session.idempotency_key) == wanted:
                return session
        return None

    def load_session(self, session_id: str) -> SessionRecord:
        with self._transaction():
            return find(self._sessions, session_id).counted()

    def find_sessions(
        self, key_prefix: str, arm_id: str | None = None, limit: int | None = None
    ) -> list[SessionRecord]:
        with self._transaction():
            found = [
                session.counted()
                for session in self._sessions.values()
                if (session.idempotency_key or "").startswith(key_prefix)
                and arm_id in {None, session.record.arm.arm_id}
            ]
            return sorted(found, key=lambda record: record.opened_at, reverse=True)[:limit]

    def load_images(self, session_id: str) -> list[ImageRecord]:
        with self._transaction():
            return [image.record for image in find(self._sessions, session_id).images]

    def load_image_at(self, session_id: str, position_pw: float) -> ImageRecord | None:
        with self._transaction():
            for session, image in self._images():
                if (session.record.session_id, image.record.position_pw) == (
                    session_id,
                    position_pw,
                ):
                    return image.record
            return None

    def load_plan(self, session_id: str) -> Document | None:
        with self._transaction():
            return find(self._sessions, session_id).plan

    def accept_image(
        self,
        session_id: str,
        new: NewImage,
        request_id: str | None,
        share: FairShare | None = None,
    ) -> Acceptance:
        with self._transaction() as now:
            session = find(self._sessions, session_id)
            for known in session.images:
                if known.record.position_pw == new.position_pw:
                    return _repeat(known.record, new)
            if session.record.state is not SessionState.OPEN:
                raise ConflictError(f"the session is {session.record.state}")
            arm_id = session.record.arm.arm_id
            has_turn = share is not None and self._has_place(arm_id, share, now)
            image = FakeImage(self._image_record(session, new, request_id, now), waiting_since=now)
            image.turn_at = now if has_turn else None
            session.images.append(image)
            self._tell(session_id, events.image_received(image.record))
            has_sealed = len(session.images) == session.record.expected_images
            if has_sealed:
                self._seal(session, now)
            return Acceptance(image.record, True, has_sealed, has_turn)

    def _image_record(
        self, session: FakeSession, new: NewImage, request_id: str | None, now: datetime
    ) -> ImageRecord:
        return ImageRecord(
            image_id=self._make_id(),
            session_id=session.record.session_id,
            index=len(session.images),
            position_pw=new.position_pw,
            state=ImageState.RECEIVED,
            key=new.key,
            sha256=new.sha256,
            size=new.size,
            n_bytes=new.n_bytes,
            attempt=0,
            failure=None,
            received_at=now,
            finished_at=None,
            request_id=request_id,
        )

    def mark_published(self, image_id: str) -> None:
        with self._transaction() as now:
            image = self._image(image_id)
            if image is None:
                raise NotFoundError(f"there is no picture {image_id!r}")
            image.published_at = now

    def seal_session(self, session_id: str, arm: Arm | None = None) -> tuple[SessionRecord, bool]:
        with self._transaction() as now:
            session = find(self._sessions, session_id)
            is_open = session.record.state is SessionState.OPEN
            if is_open:
                if arm is not None:
                    arm = rules.check_same_arm(session.record.arm.arm_id, arm)
                    session.record = replace(session.record, arm=arm)
                self._seal(session, now)
            return session.counted(), is_open

    def _seal(self, session: FakeSession, now: datetime, *, is_overdue: bool = False) -> None:
        session.record = replace(session.record, state=SessionState.SEALED, sealed_at=now)
        session.waiting_since = now
        told = events.session_sealed(len(session.images), is_overdue=is_overdue)
        self._tell(session.record.session_id, told)

    def save_outcomes(self, session_id: str, outcomes: Sequence[Outcome]) -> None:
        with self._transaction():
            session = find(self._sessions, session_id)
            rules.check_outcomes(session.plan, outcomes)
            for outcome in outcomes:
                checked_text(outcome.note or "")
            session.outcomes |= {outcome.command: outcome for outcome in outcomes}
            self._tell(session_id, events.outcomes_saved(outcomes))

    def note_panorama(self, session_id: str, which: str, name: str) -> None:
        with self._transaction():
            find(self._sessions, session_id)
            self._tell(session_id, events.panorama_saved(which, name))

    def load_outcomes(self, session_id: str) -> list[Outcome]:
        with self._transaction():
            outcomes = find(self._sessions, session_id).outcomes
            return [outcomes[command] for command in sorted(outcomes)]

    def load_events(self, session_id: str, after_id: int = 0, limit: int = 500) -> list[Event]:
        with self._transaction():
            find(self._sessions, session_id)
            later = [event for event in self._events if event.event_id > after_id]
            return [event for event in later if event.session_id == session_id][:limit]

    def load_backlog(self) -> Backlog:
        with self._transaction() as now:
            since = now - timedelta(seconds=rules.DRAIN_WINDOW_S)
            images = [image for _, image in self._images()]
            ended = [i for i in images if i.record.finished_at and i.record.finished_at > since]
            arms = [s.record.arm.arm_id for s, image in self._images() if image.is_unfinished]
            of_late = [*ended, *(image for image in images if image.is_unfinished)]
            busy_s = max(((now - i.record.received_at).total_seconds() for i in of_late), default=0)
            rate = rules.drain_rate(len(ended), busy_s)
            return Backlog({arm_id: arms.count(arm_id) for arm_id in sorted(arms)}, rate)


def _repeat(known: ImageRecord, new: NewImage) -> Acceptance:
    if known.sha256 != new.sha256:
        raise ConflictError(f"another picture was taken in at position {new.position_pw:g}")
    return Acceptance(known, is_new=False, has_sealed=False)
