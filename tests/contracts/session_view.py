"""The console's side: one session as a page shows it, and its replays."""

from __future__ import annotations

import numpy as np
import pytest

from sorter.errors import NotFoundError
from storage.records import ImageState
from storage.views import MOST_REPLAYS, REPLAY_LEASE_S, Reading, ReplayState
from tests.contracts.memory import Memory
from tests.factories import (
    make_detections,
    make_image_claim,
    make_plan,
    make_ready_session,
    make_session,
    make_session_claim,
    make_sorted_session,
)

READING = Reading(decode_s=0.25, batch_wait_s=0.5, forward_s=0.125, batch_images=3)
"""Numbers that float32 holds exactly."""


class SessionViewContract:
    def test_a_picture_tells_how_it_was_read_and_what_was_found(self, memory: Memory) -> None:
        session = make_session(memory.store, 2)
        image = memory.store.load_images(session.session_id)[0]
        claim = make_image_claim(memory.store, image.image_id)
        memory.let_pass(3)
        assert memory.store.save_detections(claim, make_detections(3), "detector@1", READING)
        read, waiting = memory.store.load_read_images(session.session_id)
        assert read.reading == READING
        assert read.image == memory.store.load_images(session.session_id)[0]
        assert read.detections is not None
        assert np.array_equal(read.detections.xyxy_px, make_detections(3).xyxy_px)
        assert read.claimed_at is not None
        assert read.image.finished_at is not None
        assert read.image.received_at <= read.claimed_at <= read.image.finished_at
        assert (waiting.reading, waiting.claimed_at, waiting.detections) == (None, None, None)
        assert (read.n_claims, waiting.n_claims) == (1, 0)

    def test_what_a_worker_of_before_saved_is_shown_without_times(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store, 1).session_id
        read = memory.store.load_read_images(session_id)[0]
        assert read.reading is None
        assert read.detections is not None

    def test_a_picture_in_work_says_since_when(self, memory: Memory) -> None:
        session = make_session(memory.store, 1)
        image = memory.store.load_images(session.session_id)[0]
        make_image_claim(memory.store, image.image_id)
        read = memory.store.load_read_images(session.session_id)[0]
        assert read.image.state is ImageState.DETECTING
        assert read.claimed_at is not None

    def test_an_attempt_that_came_to_nothing_is_told_with_its_cause(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 1).session_id
        image_id = memory.store.load_images(session_id)[0].image_id
        memory.store.release_image(make_image_claim(memory.store, image_id), "out of memory")
        make_image_claim(memory.store, image_id, "gpu-1")
        memory.let_pass(6)
        make_image_claim(memory.store, image_id, "gpu-2")
        told = [
            (event.data["attempt"], event.data["reason"])
            for event in memory.store.load_events(session_id)
            if event.kind == "image.retried"
        ]
        assert told == [(1, "out of memory"), (2, None)]
        read = memory.store.load_read_images(session_id)[0]
        assert (read.n_claims, read.last_error) == (3, "out of memory")

    def test_a_picture_given_back_uncounted_is_no_failed_attempt(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 1).session_id
        claim = make_image_claim(memory.store, memory.store.load_images(session_id)[0].image_id)
        memory.store.release_image(claim, "its worker ends", is_counted=False)
        assert "image.retried" not in memory.kinds(session_id)

    def test_an_explanation_is_kept_with_the_plan_and_apart_from_it(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store).session_id
        claim = make_session_claim(memory.store, session_id)
        explanation = {"version": 1, "things": [{"gate_px": 12.5}]}
        assert memory.store.load_explanation(session_id) is None
        assert memory.store.save_plan(claim, make_plan(), explanation)
        assert memory.store.load_explanation(session_id) == explanation
        assert memory.store.load_plan(session_id) == make_plan()

    def test_who_lost_the_session_explains_nothing(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store).session_id
        lost = make_session_claim(memory.store, session_id)
        memory.let_pass(6)
        memory.store.save_plan(make_session_claim(memory.store, session_id, "sort-2"), make_plan())
        assert not memory.store.save_plan(lost, make_plan(), {"version": 1})
        assert memory.store.load_explanation(session_id) is None

    def test_an_unknown_session_cannot_be_viewed(self, memory: Memory) -> None:
        with pytest.raises(NotFoundError):
            memory.store.load_read_images("none")
        assert memory.store.load_explanation("none") is None


class ReplaysContract:
    def test_a_replay_is_run_once_and_keeps_what_it_came_to(self, memory: Memory) -> None:
        store = memory.store
        session_id = make_sorted_session(store).session_id
        asked = store.ask_replay(session_id, "new-detector", "")
        assert (asked.state, asked.result) == (ReplayState.WAITING, None)
        claimed = store.claim_replay()
        assert claimed is not None
        assert claimed.state is ReplayState.RUNNING
        assert store.claim_replay() is None
        assert store.end_replay(asked.replay_id, {"plan": {"commands": []}})
        assert not store.end_replay(asked.replay_id, {"plan": {}})
        (ended,) = store.load_replays(session_id)
        assert (ended.state, ended.result) == (ReplayState.DONE, {"plan": {"commands": []}})
        assert ended.finished_at is not None
        assert ended.finished_at >= ended.asked_at

    def test_the_oldest_wish_is_claimed_first_and_each_once(self, memory: Memory) -> None:
        session_id = make_sorted_session(memory.store).session_id
        asked = [memory.store.ask_replay(session_id, name, "").replay_id for name in ("a", "b")]
        claimed = [memory.store.claim_replay() for _ in range(3)]
        assert [one.replay_id if one else None for one in claimed] == [*asked, None]

    def test_a_replay_whose_process_died_waits_again_after_its_lease(self, memory: Memory) -> None:
        session_id = make_sorted_session(memory.store).session_id
        replay_id = memory.store.ask_replay(session_id, "a", "").replay_id
        memory.store.claim_replay()
        memory.let_pass(REPLAY_LEASE_S - 60)
        assert memory.store.claim_replay() is None
        memory.let_pass(120)
        again = memory.store.claim_replay()
        assert again is not None
        assert again.replay_id == replay_id

    def test_who_asks_for_a_replay_and_runs_it_is_not_forestalled(self, memory: Memory) -> None:
        session_id = make_sorted_session(memory.store).session_id
        asked = memory.store.ask_replay(session_id, "a/path", "", is_begun=True)
        assert asked.state is ReplayState.RUNNING
        assert memory.store.claim_replay() is None
        assert memory.store.end_replay(asked.replay_id, {"plan": {}})
        dead = memory.store.ask_replay(session_id, "a/path", "", is_begun=True)
        memory.let_pass(REPLAY_LEASE_S + 60)
        again = memory.store.claim_replay()
        assert again is not None
        assert again.replay_id == dead.replay_id

    def test_a_replay_changes_nothing_of_its_session(self, memory: Memory) -> None:
        store = memory.store
        session_id = make_sorted_session(store).session_id
        before = (
            store.load_session(session_id),
            store.load_plan(session_id),
            store.load_events(session_id),
        )
        replay_id = store.ask_replay(session_id, "new-detector", "").replay_id
        store.claim_replay()
        store.end_replay(replay_id, {"plan": {}})
        after = (
            store.load_session(session_id),
            store.load_plan(session_id),
            store.load_events(session_id),
        )
        assert after == before

    def test_a_replay_that_failed_says_why(self, memory: Memory) -> None:
        session_id = make_sorted_session(memory.store).session_id
        replay_id = memory.store.ask_replay(session_id, "none-such", "").replay_id
        memory.store.claim_replay()
        memory.store.end_replay(replay_id, None, "there is no such package")
        (ended,) = memory.store.load_replays(session_id)
        assert (ended.state, ended.failure) == (ReplayState.FAILED, "there is no such package")

    def test_a_session_s_replays_come_the_last_one_first(self, memory: Memory) -> None:
        store = memory.store
        session_id, other_id = (make_sorted_session(store).session_id for _ in range(2))
        store.ask_replay(other_id, "other", "")
        first = store.ask_replay(session_id, "first", "").replay_id
        last = store.ask_replay(session_id, "last", "").replay_id
        found = [replay.replay_id for replay in store.load_replays(session_id)]
        assert found == [last, first]
        for _ in range(MOST_REPLAYS):
            last = store.ask_replay(session_id, "more", "").replay_id
        found = [replay.replay_id for replay in store.load_replays(session_id)]
        assert (len(found), found[0]) == (MOST_REPLAYS, last)

    def test_only_a_known_session_is_replayed_and_only_what_waits_begins(
        self, memory: Memory
    ) -> None:
        with pytest.raises(NotFoundError):
            memory.store.ask_replay("none", "detector", "")
        assert memory.store.claim_replay() is None
        replay = memory.store.ask_replay(make_sorted_session(memory.store).session_id, "x", "")
        assert not memory.store.end_replay(replay.replay_id, {"plan": {}})
