"""Turns on the queue in the fake store."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.records import FairShare, ImageRecord, ImageState
from storage.rules import DETECTING_QUEUE
from tests.fake_store.rows import FakeImage, FakeRows


class FakeTurns(FakeRows):
    """Twin of :mod:`storage.sql.turns`."""

    def take_turns(self, session_id: str | None, share: FairShare) -> list[ImageRecord]:
        with self._transaction() as now:
            taken: list[FakeImage] = []
            for arm_id in self._arms_of(session_id):
                n_free, held = self._places(arm_id, share, now)
                taken += held[: max(n_free, 0)]
            for image in taken:
                image.turn_at = now
            return [image.record for image in sorted(taken, key=_age)]

    def _has_place(self, arm_id: str, share: FairShare, now: datetime) -> bool:
        n_free, held = self._places(arm_id, share, now)
        return n_free > 0 and not held

    def _places(self, arm_id: str, share: FairShare, now: datetime) -> tuple[int, list[FakeImage]]:
        """Return how many places an arm has free, and what it holds back, oldest first."""
        since = now - timedelta(seconds=share.alive_within_s)
        n_workers = sum(
            worker.queue == DETECTING_QUEUE and worker.last_seen_at >= since
            for worker in self._workers.values()
        )
        images = [i for s, i in self._images() if s.record.arm.arm_id == arm_id]
        n_taken = sum(image.is_unfinished and image.has_turn for image in images)
        held = sorted((image for image in images if _is_held(image)), key=_age)
        return share.per_worker * max(n_workers, 1) - n_taken, held

    def _arms_of(self, session_id: str | None) -> set[str]:
        sessions = self._sessions.values()
        return {s.record.arm.arm_id for s in sessions if session_id in {None, s.record.session_id}}


def _is_held(image: FakeImage) -> bool:
    return image.record.state is ImageState.RECEIVED and not image.has_turn


def _age(image: FakeImage) -> tuple[object, ...]:
    return (image.record.received_at, image.record.session_id, image.record.index)
