"""The GPU workers' side: who may write a picture's result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sorter.types import Detections, ImageSize
from storage.ports import Store
from storage.records import FairShare, ImageClaim, ImageRecord, ImageState
from storage.rules import CLAIM_LEASE_S
from tests.contracts.memory import Memory
from tests.factories import make_detections, make_image_claim, make_new_image, make_session

MODEL = "detector@1"


def _claim(store: Store, image_id: str, worker_id: str = "gpu-2") -> ImageClaim | None:
    return store.claim_image(image_id, worker_id, dead_after_s=5, max_attempts=3)


def _received(memory: Memory) -> ImageRecord:
    return memory.store.load_images(make_session(memory.store, 1).session_id)[0]


def _now(memory: Memory, image: ImageRecord) -> ImageRecord:
    return memory.store.load_images(image.session_id)[image.index]


class ImageClaimsContract:
    def test_a_picture_is_the_same_whichever_way_it_is_read(self, memory: Memory) -> None:
        store, session_id = memory.store, make_session(memory.store, 1).session_id
        taken = store.accept_image(session_id, make_new_image(1111.25), "request-1").image
        assert store.load_image_at(session_id, 1111.25) == taken == _now(memory, taken)
        assert taken in store.take_turns(session_id, FairShare())
        first = make_image_claim(store, taken.image_id, "gpu-1")
        assert first.image == replace(taken, state=ImageState.DETECTING, attempt=1)
        memory.let_pass(6)
        assert make_image_claim(store, taken.image_id, "gpu-2").image == _now(memory, taken)
        assert store.load_image_at(session_id, 1111.25) == _now(memory, taken)

    def test_where_no_picture_was_taken_there_is_none(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 1).session_id
        assert memory.store.load_image_at(session_id, 1111.25) is None
        assert memory.store.load_image_at("none", 1000.0) is None

    def test_a_picture_is_claimed_by_one_worker_at_a_time(self, memory: Memory) -> None:
        image = _received(memory)
        memory.store.beat("gpu-1", "gpu")
        claim = make_image_claim(memory.store, image.image_id)
        assert (claim.worker_id, claim.attempt) == ("gpu-1", 1)
        assert claim.image == _now(memory, image)
        assert claim.image.state is ImageState.DETECTING
        assert _claim(memory.store, image.image_id, "gpu-2") is None

    @pytest.mark.parametrize("first_only", [False, True])
    def test_whoever_claims_again_what_it_holds_gets_the_same_claim(
        self, memory: Memory, first_only: bool
    ) -> None:
        image, store = _received(memory), memory.store
        lost_on_its_way = make_image_claim(store, image.image_id, "gpu-1")
        again = store.claim_image(
            image.image_id, "gpu-1", dead_after_s=5, max_attempts=3, first_only=first_only
        )
        assert again == lost_on_its_way
        assert store.load_images(image.session_id)[0].attempt == 1
        assert store.save_detections(again, make_detections(), MODEL)

    def test_a_first_claim_leaves_a_later_one_that_its_worker_holds(self, memory: Memory) -> None:
        image, store = _received(memory), memory.store
        assert store.release_image(make_image_claim(store, image.image_id, "gpu-1"))
        second = make_image_claim(store, image.image_id, "gpu-1")
        alone_only = store.claim_image(
            image.image_id, "gpu-1", dead_after_s=5, max_attempts=3, first_only=True
        )
        assert alone_only is None
        assert _claim(store, image.image_id, "gpu-1") == second

    def test_a_first_claim_leaves_what_was_claimed_before_as_it_is(self, memory: Memory) -> None:
        image, store = _received(memory), memory.store

        def claim(max_attempts: int) -> ImageClaim | None:
            return store.claim_image(
                image.image_id,
                "gpu-1",
                dead_after_s=5,
                max_attempts=max_attempts,
                first_only=True,
            )

        first = claim(3)
        assert first is not None
        assert first.attempt == 1
        assert store.release_image(first)
        released = _now(memory, image)
        assert claim(3) is None
        assert claim(1) is None
        assert _now(memory, image) == released
        assert _claim(store, image.image_id) is not None

    def test_an_unknown_picture_cannot_be_claimed(self, memory: Memory) -> None:
        assert _claim(memory.store, "none") is None

    def test_detections_are_loaded_exactly_as_they_were_saved(self, memory: Memory) -> None:
        image = _received(memory)
        found = Detections(
            np.array([[0.1, 1 / 3, 1e3 / 7, 1231.9999], [0, 0, 1e-30, 3e5]], np.float32),
            np.array([1, 0]),
            np.array([1 / 3, 1.0], np.float32),
        )
        claim = make_image_claim(memory.store, image.image_id)
        assert memory.store.save_detections(claim, found, MODEL)
        (photograph,) = memory.store.load_photographs(image.session_id)
        assert (photograph.image_id, photograph.position_pw) == (image.image_id, 1000.0)
        assert photograph.size == ImageSize(1640, 1232)
        for name in ("xyxy_px", "labels", "scores"):
            saved, loaded = getattr(found, name), getattr(photograph.detections, name)
            assert saved.dtype == loaded.dtype
            np.testing.assert_array_equal(saved, loaded)
        assert _now(memory, image).model == MODEL

    def test_a_picture_with_nothing_in_it_is_detected_all_the_same(self, memory: Memory) -> None:
        image = _received(memory)
        claim = make_image_claim(memory.store, image.image_id)
        assert memory.store.save_detections(claim, Detections.empty(), MODEL)
        (photograph,) = memory.store.load_photographs(image.session_id)
        assert photograph.detections.xyxy_px.shape == (0, 4)
        assert memory.store.load_session(image.session_id).n_detected == 1

    def test_photographs_are_those_that_could_be_read_in_the_order_of_their_index(
        self, memory: Memory
    ) -> None:
        store, session_id = memory.store, make_session(memory.store, 3).session_id
        claims = [make_image_claim(store, i.image_id) for i in store.load_images(session_id)]
        store.save_detections(claims[2], make_detections(1), MODEL)
        store.fail_image(claims[1], "bad")
        store.save_detections(claims[0], make_detections(2), MODEL)
        found = store.load_photographs(session_id)
        assert [photograph.position_pw for photograph in found] == [1000.0, 1400.0]
        assert [len(photograph.detections) for photograph in found] == [2, 1]

    def test_a_picture_that_cannot_be_read_says_why(self, memory: Memory) -> None:
        image = _received(memory)
        claim = make_image_claim(memory.store, image.image_id)
        assert memory.store.fail_image(claim, "tail\x00 " + "x" * 9000)
        failed = _now(memory, image)
        assert failed.state is ImageState.FAILED
        assert failed.failure is not None
        assert failed.failure.startswith("tail? xxx")
        assert len(failed.failure) == 2000
        assert failed.finished_at is not None

    @pytest.mark.parametrize("has_failed", [False, True])
    def test_a_final_picture_cannot_be_claimed(self, memory: Memory, has_failed: bool) -> None:
        image = _received(memory)
        claim = make_image_claim(memory.store, image.image_id)
        if has_failed:
            memory.store.fail_image(claim, "bad")
        else:
            memory.store.save_detections(claim, make_detections(), MODEL)
        memory.let_pass(10_000)
        assert _claim(memory.store, image.image_id) is None


class LostImageClaimsContract:
    def test_the_picture_of_a_silent_worker_can_be_claimed_by_another(self, memory: Memory) -> None:
        image = _received(memory)
        memory.store.beat("gpu-1", "gpu")
        make_image_claim(memory.store, image.image_id, "gpu-1")
        memory.let_pass(4)
        assert _claim(memory.store, image.image_id) is None
        memory.let_pass(2)
        claim = _claim(memory.store, image.image_id)
        assert claim is not None
        assert (claim.worker_id, claim.attempt) == ("gpu-2", 2)

    def test_a_claim_lasts_while_its_worker_lives(self, memory: Memory) -> None:
        image = _received(memory)
        make_image_claim(memory.store, image.image_id, "gpu-1")
        memory.let_pass(100)
        memory.store.beat("gpu-1", "gpu")
        assert _claim(memory.store, image.image_id) is None

    def test_a_claim_of_a_worker_that_never_beat_counts_as_its_sign_of_life(
        self, memory: Memory
    ) -> None:
        image = _received(memory)
        make_image_claim(memory.store, image.image_id, "gpu-1")
        assert _claim(memory.store, image.image_id) is None
        memory.let_pass(6)
        assert _claim(memory.store, image.image_id) is not None

    def test_a_claim_ends_with_its_lease_even_while_its_worker_lives(self, memory: Memory) -> None:
        image = _received(memory)
        make_image_claim(memory.store, image.image_id, "gpu-1")
        memory.let_pass(CLAIM_LEASE_S + 1)
        memory.store.beat("gpu-1", "gpu")
        assert _claim(memory.store, image.image_id) is not None

    @pytest.mark.parametrize("new_owner", ["gpu-2", "gpu-1"])
    @pytest.mark.parametrize("act", ["save", "fail", "release"])
    def test_whoever_lost_a_claim_changes_nothing(
        self, memory: Memory, act: str, new_owner: str
    ) -> None:
        store, image = memory.store, _received(memory)
        stale = make_image_claim(store, image.image_id, "gpu-1")
        memory.let_pass(6)
        make_image_claim(store, image.image_id, new_owner)
        before = (_now(memory, image), memory.kinds(image.session_id))
        acts = {
            "save": lambda: store.save_detections(stale, make_detections(), MODEL),
            "fail": lambda: store.fail_image(stale, "bad"),
            "release": lambda: store.release_image(stale),
        }
        assert acts[act]() is False
        assert (_now(memory, image), memory.kinds(image.session_id)) == before
        assert store.load_photographs(image.session_id) == []

    def test_saving_twice_under_one_claim_saves_once(self, memory: Memory) -> None:
        store, image = memory.store, _received(memory)
        claim = make_image_claim(store, image.image_id)
        assert store.save_detections(claim, make_detections(2), MODEL)
        assert not store.save_detections(claim, make_detections(1), MODEL)
        assert not store.fail_image(claim, "bad")
        (photograph,) = store.load_photographs(image.session_id)
        assert len(photograph.detections) == 2

    def test_a_released_picture_can_be_claimed_at_once_and_its_attempt_stays_counted(
        self, memory: Memory
    ) -> None:
        store, image = memory.store, _received(memory)
        assert store.release_image(make_image_claim(store, image.image_id, "gpu-1"))
        assert _now(memory, image).state is ImageState.RECEIVED
        assert make_image_claim(store, image.image_id, "gpu-2").attempt == 2

    def test_a_picture_given_back_uncounted_is_as_if_it_had_not_been_claimed(
        self, memory: Memory
    ) -> None:
        store, image = memory.store, _received(memory)
        for worker_id in ("gpu-1", "gpu-2", "gpu-3", "gpu-4"):
            claim = make_image_claim(store, image.image_id, worker_id)
            assert claim.attempt == 1
            assert store.release_image(claim, "going", is_counted=False)
            assert _now(memory, image) == image
            assert not store.save_detections(claim, make_detections(), MODEL)

    def test_a_picture_that_used_up_its_attempts_is_quarantined(self, memory: Memory) -> None:
        store, image = memory.store, _received(memory)
        for _ in range(3):
            make_image_claim(store, image.image_id)
            memory.let_pass(6)
        assert _claim(store, image.image_id) is None
        failed = _now(memory, image)
        assert (failed.state, failed.attempt) == (ImageState.FAILED, 3)
        assert failed.failure == "quarantined after 3 attempts"
        assert memory.kinds(image.session_id)[-1] == "image.failed"
