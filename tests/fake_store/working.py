"""The workers' side of the fake store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sorter.types import Detections, Photograph
from storage import events, rules
from storage.records import (
    Document,
    ImageClaim,
    ImageState,
    SessionClaim,
    SessionState,
    WorkerRecord,
)
from storage.texts import plain_reason
from storage.views import Reading
from tests.fake_store.rows import FakeClaim, FakeImage, FakeRows, FakeSession, find


class FakeWorking(FakeRows):
    """Twin of :mod:`storage.sql.images` and :mod:`storage.sql.sorting`."""

    def beat(self, worker_id: str, queue: str) -> None:
        with self._transaction() as now:
            self._workers[worker_id] = WorkerRecord(worker_id, queue, now)

    def load_workers(self, alive_within_s: float) -> list[WorkerRecord]:
        with self._transaction() as now:
            since = now - timedelta(seconds=alive_within_s)
            workers = sorted(self._workers.values(), key=lambda worker: worker.worker_id)
            return [worker for worker in workers if worker.last_seen_at >= since]

    def claim_image(
        self,
        image_id: str,
        worker_id: str,
        *,
        dead_after_s: float,
        max_attempts: int,
        first_only: bool = False,
    ) -> ImageClaim | None:
        with self._transaction() as now:
            image = self._image(image_id)
            if image is None or not image.is_unfinished:
                return None
            is_own = image.claim is not None and image.claim.worker_id == worker_id
            if first_only and image.record.attempt > is_own:
                return None
            if image.claim is not None and self._void_at(image.claim, dead_after_s) > now:
                return ImageClaim(image.record, worker_id, image.record.attempt) if is_own else None
            if image.record.attempt >= max_attempts:
                image.quarantined_at = now
                self._fail_image(image, rules.quarantine_reason(image.record.attempt), now)
                return None
            if image.claim is not None:
                self._tell(image.record.session_id, events.image_retried(image.record, None))
            attempt = image.record.attempt + 1
            image.record = replace(image.record, state=ImageState.DETECTING, attempt=attempt)
            image.claim = FakeClaim(worker_id, now)
            image.claimants.append(worker_id)
            return ImageClaim(image.record, worker_id, attempt)

    def save_detections(
        self,
        claim: ImageClaim,
        detections: Detections,
        model: str,
        reading: Reading | None = None,
    ) -> bool:
        with self._transaction() as now:
            image = self._own_image(claim)
            if image is None:
                return False
            image.detections, image.reading = detections, reading
            image.read_since = image.claim.at if image.claim else None
            self._finish_image(image, now, state=ImageState.DETECTED, model=model)
            told = events.image_detected(image.record, len(detections), model)
            self._tell(image.record.session_id, told)
            return True

    def fail_image(self, claim: ImageClaim, reason: str) -> bool:
        with self._transaction() as now:
            image = self._own_image(claim)
            if image is None:
                return False
            self._fail_image(image, plain_reason(reason), now)
            return True

    def release_image(
        self, claim: ImageClaim, reason: str | None = None, *, is_counted: bool = True
    ) -> bool:
        with self._transaction() as now:
            image = self._own_image(claim)
            if image is None:
                return False
            image.record = replace(image.record, state=ImageState.RECEIVED)
            image.claim = image.published_at = None
            image.waiting_since = now
            if is_counted:
                image.last_error = None if reason is None else plain_reason(reason)
                told = events.image_retried(image.record, image.last_error)
                self._tell(image.record.session_id, told)
            else:
                image.record = replace(image.record, attempt=image.record.attempt - 1)
                image.claimants.pop()
            return True

    def _own_image(self, claim: ImageClaim) -> FakeImage | None:
        image = self._image(claim.image.image_id)
        if image is None or image.claim is None:
            return None
        owner = (image.claim.worker_id, image.record.attempt)
        return image if owner == (claim.worker_id, claim.attempt) else None

    def _fail_image(self, image: FakeImage, reason: str, now: datetime) -> None:
        self._finish_image(image, now, state=ImageState.FAILED, failure=reason)
        self._tell(image.record.session_id, events.image_failed(image.record))

    def _finish_image(self, image: FakeImage, now: datetime, **changes: Any) -> None:
        image.record = replace(image.record, finished_at=now, **changes)
        image.claim = None

    def claim_session(
        self, session_id: str, worker_id: str, *, dead_after_s: float, max_attempts: int
    ) -> SessionClaim | None:
        with self._transaction() as now:
            session = self._sessions.get(session_id)
            if session is None or not self._is_sortable(session, dead_after_s, now):
                return self._claim_held(session, worker_id)
            record = session.counted()
            if session.attempt >= max_attempts:
                reason: str | None = rules.exhausted_reason(session.attempt)
            else:
                reason = rules.why_unreadable(record.n_detected, record.n_images, record.min_images)
            if reason is not None:
                self._fail_session(session, reason, now)
                return None
            session.attempt += 1
            session.record = replace(session.record, state=SessionState.SORTING)
            session.claim = FakeClaim(worker_id, now)
            self._tell(session_id, events.session_sorting(session.attempt))
            return self._claim_held(session, worker_id)

    def _claim_held(self, session: FakeSession | None, worker_id: str) -> SessionClaim | None:
        if session is None or session.claim is None or session.claim.worker_id != worker_id:
            return None
        return SessionClaim(session.counted(), worker_id, session.attempt)

    def _is_sortable(self, session: FakeSession, dead_after_s: float, now: datetime) -> bool:
        if session.claim is not None:
            return self._void_at(session.claim, dead_after_s) <= now
        is_sealed = session.record.state is SessionState.SEALED
        return is_sealed and not any(image.is_unfinished for image in session.images)

    def load_photographs(self, session_id: str) -> list[Photograph]:
        with self._transaction():
            return [
                Photograph(
                    image.record.image_id,
                    image.record.position_pw,
                    image.record.size,
                    image.detections,
                )
                for image in find(self._sessions, session_id).images
                if image.detections is not None
            ]

    def save_plan(
        self, claim: SessionClaim, plan: Document, explanation: Document | None = None
    ) -> bool:
        with self._transaction() as now:
            session = self._own_session(claim)
            if session is None:
                return False
            session.plan, session.explanation = plan, explanation
            n_failed = session.counted().n_failed
            self._finish_session(session, now, state=rules.end_state(n_failed))
            told = events.session_sorted(session.record.state, plan, n_failed)
            self._tell(session.record.session_id, told)
            return True

    def fail_session(self, claim: SessionClaim, reason: str) -> bool:
        with self._transaction() as now:
            session = self._own_session(claim)
            if session is None:
                return False
            self._fail_session(session, plain_reason(reason), now)
            return True

    def release_session(self, claim: SessionClaim, *, is_counted: bool = True) -> bool:
        with self._transaction() as now:
            session = self._own_session(claim)
            if session is None:
                return False
            session.record = replace(session.record, state=SessionState.SEALED)
            session.claim = None
            session.waiting_since = now
            session.attempt -= not is_counted
            return True

    def _own_session(self, claim: SessionClaim) -> FakeSession | None:
        session = self._sessions.get(claim.session.session_id)
        if session is None or session.claim is None:
            return None
        owner = (session.claim.worker_id, session.attempt)
        return session if owner == (claim.worker_id, claim.attempt) else None

    def _fail_session(self, session: FakeSession, reason: str, now: datetime) -> None:
        self._finish_session(session, now, state=SessionState.FAILED, failure=reason)
        self._tell(session.record.session_id, events.session_failed(reason))

    def _finish_session(self, session: FakeSession, now: datetime, **changes: Any) -> None:
        session.record = replace(session.record, finished_at=now, **changes)
        session.claim = None
