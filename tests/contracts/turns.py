"""Turns on the queue: of each arm only so many pictures at a time."""

from __future__ import annotations

import pytest

from sorter.errors import InvalidInputError
from sorter.types import Arm
from storage.ports import Store
from storage.records import FairShare
from tests.contracts.memory import Memory
from tests.factories import make_detections, make_image_claim, make_new_image, make_session

SHARE = FairShare(per_worker=2, alive_within_s=5.0)


def make_session_of(store: Store, arm_id: str, n_images: int) -> str:
    """Open a session for an arm and let it take so many pictures in."""
    store.save_arm(Arm(arm_id))
    session, _ = store.open_session(
        arm_id,
        expected_images=None,
        min_images=1,
        deadline_s=600.0,
        idempotency_key=None,
        request_id=None,
    )
    for index in range(n_images):
        store.accept_image(session.session_id, make_new_image(1000.0 + 10 * index), None)
    return session.session_id


def accept(memory: Memory, session_id: str, number: int) -> bool:
    """Take a picture in; return whether its turn came at once."""
    new = make_new_image(1000.0 + 10 * number)
    return memory.store.accept_image(session_id, new, None, SHARE).has_turn


def indices(memory: Memory, session_id: str | None, share: FairShare = SHARE) -> list[int]:
    """Take turns, and return the indices of the pictures whose turn came."""
    return [image.index for image in memory.store.take_turns(session_id, share)]


def finish(memory: Memory, session_id: str, index: int) -> None:
    """Detect one picture."""
    image = memory.store.load_images(session_id)[index]
    claim = make_image_claim(memory.store, image.image_id)
    assert memory.store.save_detections(claim, make_detections(), "d@1")


class TurnsContract:
    def test_an_arm_gets_as_many_turns_as_its_share_and_the_next_as_one_ends(
        self, memory: Memory
    ) -> None:
        session_id = make_session(memory.store, 5).session_id
        assert indices(memory, session_id) == [0, 1]
        assert indices(memory, session_id) == []
        finish(memory, session_id, 1)
        assert indices(memory, session_id) == [2]
        finish(memory, session_id, 0)
        finish(memory, session_id, 2)
        assert indices(memory, session_id) == [3, 4]

    def test_a_picture_has_its_turn_as_it_comes_where_its_arm_has_a_place(
        self, memory: Memory
    ) -> None:
        session_id = make_session(memory.store).session_id
        assert [accept(memory, session_id, k) for k in range(3)] == [True, True, False]
        finish(memory, session_id, 0)
        assert not accept(memory, session_id, 3), "one that is held back goes first"
        assert indices(memory, session_id) == [2]
        finish(memory, session_id, 1)
        finish(memory, session_id, 2)
        assert indices(memory, session_id) == [3]
        assert accept(memory, session_id, 4)

    def test_a_turn_at_the_door_counts_places_of_the_arm_and_workers_that_live(
        self, memory: Memory
    ) -> None:
        flood, other = (make_session_of(memory.store, arm_id, 0) for arm_id in ("flood", "other"))
        again = make_session_of(memory.store, "flood", 0)
        assert [accept(memory, flood, k) for k in range(3)] == [True, True, False]
        assert not accept(memory, again, 0), "sessions of one arm share its places"
        assert accept(memory, other, 0)
        memory.store.beat("gpu-1", "gpu")
        memory.store.beat("gpu-2", "gpu")
        assert indices(memory, flood) == [2, 0]
        assert not accept(memory, again, 1)

    def test_a_picture_that_comes_again_gets_no_second_turn(self, memory: Memory) -> None:
        session_id = make_session(memory.store).session_id
        assert accept(memory, session_id, 0)
        assert not accept(memory, session_id, 0)
        assert indices(memory, session_id) == []

    def test_the_last_picture_that_was_expected_has_its_turn_and_seals(
        self, memory: Memory
    ) -> None:
        session_id = make_session(memory.store, expected_images=1).session_id
        taken = memory.store.accept_image(session_id, make_new_image(), None, SHARE)
        assert (taken.has_turn, taken.has_sealed) == (True, True)
        assert memory.kinds(session_id)[-2:] == ["image.received", "session.sealed"]

    def test_one_arms_pictures_take_no_other_arms_turn(self, memory: Memory) -> None:
        flood = make_session_of(memory.store, "flood", 20)
        other = make_session_of(memory.store, "other", 1)
        assert indices(memory, flood) == [0, 1]
        assert indices(memory, other) == [0]

    def test_sessions_of_one_arm_share_its_turns_oldest_picture_first(self, memory: Memory) -> None:
        first = make_session_of(memory.store, "arm-1", 3)
        second = make_session_of(memory.store, "arm-1", 1)
        memory.store.accept_image(first, make_new_image(1900.0), None)
        assert indices(memory, second) == [0, 1]
        for index in (0, 1):
            finish(memory, first, index)
        taken = memory.store.take_turns(second, SHARE)
        assert [(image.session_id, image.index) for image in taken] == [(first, 2), (second, 0)]

    def test_without_a_session_every_arm_gets_its_turns(self, memory: Memory) -> None:
        sessions = [make_session_of(memory.store, f"arm-{k}", 3) for k in range(3)]
        taken = memory.store.take_turns(None, SHARE)
        assert sorted((image.session_id, image.index) for image in taken) == sorted(
            (session_id, index) for session_id in sessions for index in (0, 1)
        )
        assert memory.store.take_turns(None, SHARE) == []

    def test_the_share_grows_with_the_workers_that_live_and_detect(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 9).session_id
        memory.store.beat("gone", "gpu")
        memory.let_pass(6)
        for worker_id, queue in (("gpu-1", "gpu"), ("gpu-2", "gpu"), ("sort-1", "sort")):
            memory.store.beat(worker_id, queue)
        assert indices(memory, session_id) == [0, 1, 2, 3]

    def test_a_picture_keeps_its_place_until_it_is_final(self, memory: Memory) -> None:
        store, session_id = memory.store, make_session(memory.store, 4).session_id
        images = store.load_images(session_id)
        assert indices(memory, session_id) == [0, 1]
        store.mark_published(images[0].image_id)
        claims = [make_image_claim(store, image.image_id) for image in images[:2]]
        assert indices(memory, session_id) == []
        assert store.release_image(claims[0])
        assert indices(memory, session_id) == []
        assert store.fail_image(claims[1], "bad")
        assert indices(memory, session_id) == [2]

    def test_what_was_published_without_a_turn_counts_as_on_the_queue(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 3).session_id
        memory.store.mark_published(memory.store.load_images(session_id)[2].image_id)
        assert indices(memory, session_id) == [0]

    def test_an_unknown_session_has_nothing_waiting(self, memory: Memory) -> None:
        make_session(memory.store, 1)
        assert memory.store.take_turns("none", SHARE) == []

    def test_what_is_held_back_is_not_lost_however_long_it_waits(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 3).session_id
        indices(memory, session_id)
        memory.let_pass(60)
        due = memory.store.load_images_to_publish(
            unpublished_s=2, dead_after_s=5, queue_is_empty=True, stuck_s=30
        )
        assert [image.index for image in due] == [0, 1], "whose turn it was, and nobody published"
        for index in (0, 1):
            finish(memory, session_id, index)
        assert indices(memory, session_id) == [2]

    def test_a_share_of_nothing_is_refused(self) -> None:
        with pytest.raises(InvalidInputError):
            FairShare(per_worker=0)
