"""The console's session page on the fake store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storage.records import Document
from storage.texts import plain_reason
from storage.views import MOST_REPLAYS, REPLAY_LEASE_S, ReadImage, Replay, ReplayState
from tests.fake_store.rows import FakeImage, FakeRows, find


class FakeSessionView(FakeRows):
    """Twin of :mod:`storage.sql.session_view`."""

    def load_read_images(self, session_id: str) -> list[ReadImage]:
        with self._transaction():
            return [_read_image(image) for image in find(self._sessions, session_id).images]

    def load_explanation(self, session_id: str) -> Document | None:
        with self._transaction():
            session = self._sessions.get(session_id)
            return None if session is None else session.explanation

    def ask_replay(
        self, session_id: str, detector: str, embedder: str, *, is_begun: bool = False
    ) -> Replay:
        with self._transaction() as now:
            find(self._sessions, session_id)
            replay = Replay(
                replay_id=self._make_id(),
                session_id=session_id,
                detector=detector,
                embedder=embedder,
                state=ReplayState.RUNNING if is_begun else ReplayState.WAITING,
                asked_at=now,
                finished_at=None,
                result=None,
                failure=None,
            )
            self._replays[replay.replay_id] = replay
            if is_begun:
                self._replays_began[replay.replay_id] = now
            return replay

    def claim_replay(self) -> Replay | None:
        with self._transaction() as now:
            void_at = now - timedelta(seconds=REPLAY_LEASE_S)
            for replay in sorted(self._replays.values(), key=lambda one: one.asked_at):
                began_at = self._replays_began.get(replay.replay_id)
                waits = replay.state is ReplayState.WAITING
                is_void = replay.state is ReplayState.RUNNING and began_at and began_at < void_at
                if waits or is_void:
                    self._replays_began[replay.replay_id] = now
                    claimed = replace(replay, state=ReplayState.RUNNING)
                    self._replays[replay.replay_id] = claimed
                    return claimed
            return None

    def end_replay(
        self, replay_id: str, result: Document | None, failure: str | None = None
    ) -> bool:
        with self._transaction() as now:
            replay = self._replays.get(replay_id)
            if replay is None or replay.state is not ReplayState.RUNNING:
                return False
            if result is None:
                why = plain_reason(failure or "nobody said why")
                ended = replace(replay, state=ReplayState.FAILED, failure=why)
            else:
                ended = replace(replay, state=ReplayState.DONE, result=dict(result))
            self._replays[replay_id] = replace(ended, finished_at=now)
            return True

    def load_replays(self, session_id: str) -> list[Replay]:
        with self._transaction():
            asked = [one for one in self._replays.values() if one.session_id == session_id]
            return sorted(asked, key=lambda one: one.asked_at, reverse=True)[:MOST_REPLAYS]


def _read_image(image: FakeImage) -> ReadImage:
    return ReadImage(
        image=image.record,
        n_claims=image.record.attempt,
        last_error=image.last_error,
        claimed_at=image.claim.at if image.claim else image.read_since,
        reading=image.reading,
        detections=image.detections,
    )
