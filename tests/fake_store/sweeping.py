"""The sweeper's side of the fake store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import rules
from storage.records import ImageRecord, SessionRecord, SessionState
from tests.fake_store.intake import FakeIntake
from tests.fake_store.rows import FakeImage, FakeSession, find
from tests.fake_store.turns import FakeTurns
from tests.fake_store.working import FakeWorking

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class FakeSweeping(FakeIntake, FakeTurns, FakeWorking):
    """Twin of :mod:`storage.sql.sweeping`."""

    def load_images_to_publish(
        self, *, unpublished_s: float, dead_after_s: float, queue_is_empty: bool, stuck_s: float
    ) -> list[ImageRecord]:
        with self._transaction() as now:
            unpublished_since = now - timedelta(seconds=unpublished_s)
            stuck_since = now - timedelta(seconds=stuck_s)
            overtaken_at = self._newest_taken_at(now) - timedelta(seconds=stuck_s)

            def is_due(image: FakeImage) -> bool:
                void_at = self._void_at(image.claim, dead_after_s) if image.claim else None
                if not image.is_unfinished or (void_at and void_at > now):
                    return False
                if image.published_at is None:
                    return void_at is not None or _got_its_turn(image, unpublished_since)
                is_told_of_end = void_at is None or image.published_at >= void_at
                if not is_told_of_end or image.published_at < overtaken_at:
                    return True
                return queue_is_empty and image.published_at < stuck_since

            due = [image for _, image in self._images() if is_due(image)]
            due.sort(key=lambda image: (image.waiting_since, image.record.image_id))
            return [image.record for image in due]

    def _newest_taken_at(self, now: datetime) -> datetime:
        """Return when that was published, of what was taken of late, which was published last."""
        since = now - timedelta(seconds=rules.DRAIN_WINDOW_S)
        taken = [EARLIEST]
        for _, image in self._images():
            finished_at = image.record.finished_at
            at = image.claim.at if image.claim else finished_at
            is_late = finished_at is None or finished_at > since
            if at is not None and is_late and image.published_at and at >= image.published_at:
                taken.append(image.published_at)
        return max(taken)

    def load_sessions_to_sort(
        self, *, dead_after_s: float, queue_is_short: bool, stuck_s: float
    ) -> list[SessionRecord]:
        with self._transaction() as now:
            stuck_since = now - timedelta(seconds=stuck_s)
            overtaken_at = self._newest_sorted_at(now) - timedelta(seconds=stuck_s)

            def is_due(session: FakeSession) -> bool:
                if not self._is_sortable(session, dead_after_s, now):
                    return False
                void_at = self._void_at(session.claim, dead_after_s) if session.claim else None
                again_at = session.republished_at
                if void_at and (again_at is None or again_at < void_at):
                    return True
                published_at = max(_ready_at(session), again_at or EARLIEST)
                if published_at < overtaken_at:
                    return True
                return queue_is_short and published_at < stuck_since

            due = [session.counted() for session in self._sessions.values() if is_due(session)]
            return sorted(due, key=lambda record: (record.deadline_at, record.session_id))

    def _newest_sorted_at(self, now: datetime) -> datetime:
        """Return when that became ready, of what was taken of late, which became ready last."""
        since = now - timedelta(seconds=rules.DRAIN_WINDOW_S)
        taken = [EARLIEST]
        for session in self._sessions.values():
            finished_at = session.record.finished_at
            is_of_late = session.claim or (finished_at and finished_at > since)
            if is_of_late and session.attempt == 1 and session.republished_at is None:
                taken.append(_ready_at(session))
        return max(taken)

    def mark_republished(self, session_id: str) -> None:
        with self._transaction() as now:
            find(self._sessions, session_id).republished_at = now

    def seal_overdue_sessions(self) -> list[SessionRecord]:
        with self._transaction() as now:
            overdue = [
                session
                for _, session in sorted(self._sessions.items())
                if session.record.state is SessionState.OPEN and session.record.deadline_at < now
            ]
            for session in overdue:
                self._seal(session, now, is_overdue=True)
            return [session.counted() for session in overdue]

    def fail_overdue_images(self, grace_s: float) -> list[ImageRecord]:
        with self._transaction() as now:
            late_since = now - timedelta(seconds=grace_s)
            overdue = [
                image
                for session, image in self._images()
                if image.is_unfinished and session.record.deadline_at < late_since
            ]
            overdue.sort(key=lambda image: (image.record.session_id, image.record.index))
            for image in overdue:
                self._fail_image(image, rules.overdue_reason(grace_s), now)
            return [image.record for image in overdue]

    def forget_dead_workers(self, silent_s: float) -> int:
        with self._transaction() as now:
            since = now - timedelta(seconds=silent_s)
            dead = [name for name, worker in self._workers.items() if worker.last_seen_at < since]
            for name in dead:
                del self._workers[name]
            return len(dead)


def _ready_at(session: FakeSession) -> datetime:
    ends = [image.record.finished_at for image in session.images]
    return max(end for end in [EARLIEST, session.waiting_since, *ends] if end is not None)


def _got_its_turn(image: FakeImage, before: datetime) -> bool:
    return image.turn_at is not None and max(image.turn_at, image.waiting_since) < before
