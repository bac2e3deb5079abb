"""The operator's side: what has used up its attempts, and what may become of it."""

from __future__ import annotations

import pytest

from sorter.errors import ConflictError, NotFoundError
from storage.records import FairShare, ImageRecord, ImageState, SessionState
from tests.contracts.memory import Memory
from tests.factories import (
    make_detections,
    make_image_claim,
    make_plan,
    make_session,
    make_session_claim,
)

WORKERS = ("gpu-1", "gpu-2", "gpu-3")


def _quarantine(memory: Memory, image: ImageRecord) -> ImageRecord:
    """Let a picture be claimed and given back three times, and claimed once more."""
    for number, worker_id in enumerate(WORKERS, start=1):
        claim = make_image_claim(memory.store, image.image_id, worker_id)
        assert memory.store.release_image(claim, f"error {number}")
    last = memory.store.claim_image(image.image_id, "gpu-4", dead_after_s=5, max_attempts=3)
    assert last is None
    return memory.store.load_images(image.session_id)[image.index]


def _images(memory: Memory, n: int = 2) -> list[ImageRecord]:
    return memory.store.load_images(make_session(memory.store, n).session_id)


class QuarantineContract:
    def test_a_picture_that_used_up_its_attempts_is_kept_with_all_that_is_known(
        self, memory: Memory
    ) -> None:
        image = _quarantine(memory, _images(memory)[0])
        found = memory.store.load_quarantined(image.image_id)
        assert memory.store.load_quarantine() == [found]
        assert (found.image, found.arm_id) == (image, "arm-1")
        assert found.session_state is SessionState.OPEN
        assert (image.state, image.attempt) == (ImageState.FAILED, 3)
        assert found.quarantined_at >= image.received_at
        assert found.worker_ids == WORKERS
        assert found.last_error == "error 3"

    def test_attempts_that_ended_without_a_word_leave_their_workers_names(
        self, memory: Memory
    ) -> None:
        image = _images(memory)[0]
        for worker_id in WORKERS:
            make_image_claim(memory.store, image.image_id, worker_id)
            memory.let_pass(6)
        last = memory.store.claim_image(image.image_id, "gpu-4", dead_after_s=5, max_attempts=3)
        assert last is None
        found = memory.store.load_quarantined(image.image_id)
        assert (found.worker_ids, found.last_error) == (WORKERS, None)

    def test_the_longest_in_quarantine_comes_first(self, memory: Memory) -> None:
        one, other = _images(memory)
        for image in (other, one):
            _quarantine(memory, image)
            memory.let_pass(1)
        assert [one.image.index for one in memory.store.load_quarantine()] == [1, 0]

    def test_a_picture_that_failed_otherwise_is_not_in_quarantine(self, memory: Memory) -> None:
        image, overdue = _images(memory)
        memory.store.fail_image(make_image_claim(memory.store, image.image_id), "truncated")
        memory.let_pass(10_000)
        assert [one.image_id for one in memory.store.fail_overdue_images(1)] == [overdue.image_id]
        assert memory.store.load_quarantine() == []
        for call in (
            memory.store.load_quarantined,
            memory.store.replay_image,
            memory.store.drop_quarantined,
        ):
            for image_id in (image.image_id, overdue.image_id, "none"):
                with pytest.raises(NotFoundError, match="in quarantine"):
                    call(image_id)

    def test_a_replayed_picture_begins_anew_and_is_published_by_the_sweeper(
        self, memory: Memory
    ) -> None:
        store = memory.store
        fresh = _images(memory)[0]
        store.take_turns(fresh.session_id, FairShare())
        store.mark_published(fresh.image_id)
        _quarantine(memory, fresh)
        assert store.replay_image(fresh.image_id) == fresh
        assert store.load_images(fresh.session_id)[0] == fresh
        assert store.load_quarantine() == []
        assert memory.kinds(fresh.session_id)[-2:] == ["image.failed", "image.replayed"]
        memory.let_pass(3)
        due = store.load_images_to_publish(
            unpublished_s=2, dead_after_s=5, queue_is_empty=False, stuck_s=1000
        )
        assert fresh.image_id in [image.image_id for image in due]
        again = _quarantine(memory, fresh)
        assert again.attempt == 3
        assert store.load_quarantined(fresh.image_id).worker_ids == WORKERS

    def test_a_replayed_picture_is_waited_for_by_its_sealed_session(self, memory: Memory) -> None:
        store = memory.store
        image, other = _images(memory)
        detected = make_image_claim(store, other.image_id)
        store.save_detections(detected, make_detections(), "d@1")
        store.seal_session(image.session_id)
        _quarantine(memory, image)
        store.replay_image(image.image_id)
        claim = store.claim_session(image.session_id, "sort-1", dead_after_s=5, max_attempts=3)
        assert claim is None
        store.save_detections(make_image_claim(store, image.image_id), make_detections(), "d@1")
        session = make_session_claim(store, image.session_id).session
        assert (session.n_detected, session.n_failed) == (2, 0)

    @pytest.mark.parametrize("is_over", [False, True])
    def test_a_session_that_is_sorted_takes_no_picture_anew(
        self, memory: Memory, is_over: bool
    ) -> None:
        store = memory.store
        image, other = _images(memory)
        store.save_detections(make_image_claim(store, other.image_id), make_detections(), "d@1")
        quarantined = _quarantine(memory, image)
        store.seal_session(image.session_id)
        claim = make_session_claim(store, image.session_id)
        if is_over:
            store.save_plan(claim, make_plan())
        before = store.load_session(image.session_id)
        with pytest.raises(ConflictError, match="partial" if is_over else "sorted"):
            store.replay_image(image.image_id)
        assert store.load_session(image.session_id) == before
        assert store.load_quarantined(image.image_id).image == quarantined

    def test_a_dropped_picture_leaves_the_list_and_stays_failed(self, memory: Memory) -> None:
        image = _quarantine(memory, _images(memory)[0])
        n_events = len(memory.kinds(image.session_id))
        assert memory.store.drop_quarantined(image.image_id) == image
        assert memory.store.load_quarantine() == []
        assert memory.store.load_images(image.session_id)[0] == image
        assert len(memory.kinds(image.session_id)) == n_events
        with pytest.raises(NotFoundError):
            memory.store.drop_quarantined(image.image_id)
