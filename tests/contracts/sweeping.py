"""The sweeper's side: what is left lying, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from sorter.errors import NotFoundError
from storage.records import FairShare, ImageState, SessionState
from tests.contracts.memory import Memory
from tests.factories import (
    make_detections,
    make_image_claim,
    make_ready_session,
    make_session,
    make_session_claim,
    make_sorted_session,
)


def _to_publish(memory: Memory, *, queue_is_empty: bool = False) -> list[str]:
    images = memory.store.load_images_to_publish(
        unpublished_s=2, dead_after_s=5, queue_is_empty=queue_is_empty, stuck_s=30
    )
    return [image.image_id for image in images]


def _to_sort(memory: Memory, *, queue_is_short: bool = True) -> list[str]:
    sessions = memory.store.load_sessions_to_sort(
        dead_after_s=5, queue_is_short=queue_is_short, stuck_s=3
    )
    return [session.session_id for session in sessions]


class PublishingContract:
    @pytest.fixture
    def image_id(self, memory: Memory) -> str:
        session_id = make_session(memory.store, 1).session_id
        memory.store.take_turns(session_id, FairShare())
        return memory.store.load_images(session_id)[0].image_id

    def test_a_picture_that_was_never_published_is_found_after_a_while(
        self, memory: Memory, image_id: str
    ) -> None:
        assert _to_publish(memory) == []
        memory.let_pass(3)
        assert _to_publish(memory) == [image_id]
        memory.store.mark_published(image_id)
        assert _to_publish(memory) == []

    def test_a_published_picture_is_left_to_the_queue_for_as_long_as_that_holds_anything(
        self, memory: Memory, image_id: str
    ) -> None:
        memory.store.mark_published(image_id)
        memory.let_pass(29)
        assert _to_publish(memory, queue_is_empty=True) == []
        memory.let_pass(2)
        assert _to_publish(memory, queue_is_empty=False) == []
        assert _to_publish(memory, queue_is_empty=True) == [image_id]

    @pytest.mark.parametrize("is_detected", [False, True])
    def test_a_picture_that_a_much_later_one_overtook_is_found_however_busy_the_queue_is(
        self, memory: Memory, is_detected: bool
    ) -> None:
        """Its message went with a worker that died with it in hand."""
        store = memory.store
        first, soon, late = store.load_images(make_session(store, 3).session_id)
        for image, pause_s in ((first, 25), (soon, 10), (late, 1)):
            store.mark_published(image.image_id)
            memory.let_pass(pause_s)
        store.beat("gpu-1", "gpu")
        assert _to_publish(memory) == []
        claim = make_image_claim(store, soon.image_id)
        assert _to_publish(memory) == []
        claim = make_image_claim(store, late.image_id)
        if is_detected:
            store.save_detections(claim, make_detections(), "detector@1")
        assert _to_publish(memory) == [first.image_id]
        store.mark_published(first.image_id)
        assert _to_publish(memory) == []

    def test_a_picture_of_a_dead_worker_that_was_published_again_overtakes_nobody(
        self, memory: Memory
    ) -> None:
        store = memory.store
        waiting, abandoned = store.load_images(make_session(store, 2).session_id)
        for image in (waiting, abandoned):
            store.mark_published(image.image_id)
        make_image_claim(store, abandoned.image_id)
        memory.let_pass(60)
        store.mark_published(abandoned.image_id)
        assert _to_publish(memory) == []

    def test_a_picture_whose_worker_lives_is_left_to_it(
        self, memory: Memory, image_id: str
    ) -> None:
        make_image_claim(memory.store, image_id, "gpu-1")
        memory.let_pass(100)
        memory.store.beat("gpu-1", "gpu")
        assert _to_publish(memory, queue_is_empty=True) == []

    @pytest.mark.parametrize("is_marked_late", [False, True])
    def test_the_picture_of_a_silent_worker_is_found_until_it_is_published_again(
        self, memory: Memory, image_id: str, is_marked_late: bool
    ) -> None:
        """A gateway may note that it published after a worker has claimed already."""
        make_image_claim(memory.store, image_id, "gpu-1")
        if is_marked_late:
            memory.store.mark_published(image_id)
        memory.let_pass(4)
        assert _to_publish(memory) == []
        memory.let_pass(2)
        assert _to_publish(memory) == [image_id]
        memory.store.mark_published(image_id)
        assert _to_publish(memory) == []
        memory.let_pass(31)
        assert _to_publish(memory) == []
        assert _to_publish(memory, queue_is_empty=True) == [image_id]

    def test_a_released_picture_is_published_again_after_a_while(
        self, memory: Memory, image_id: str
    ) -> None:
        memory.store.mark_published(image_id)
        memory.let_pass(60)
        memory.store.release_image(make_image_claim(memory.store, image_id))
        assert _to_publish(memory) == []
        memory.let_pass(3)
        assert _to_publish(memory) == [image_id]

    def test_final_pictures_are_never_found(self, memory: Memory) -> None:
        make_ready_session(memory.store, 1, 1)
        memory.let_pass(10_000)
        assert _to_publish(memory, queue_is_empty=True) == []

    def test_pictures_are_found_in_the_order_in_which_they_began_to_wait(
        self, memory: Memory
    ) -> None:
        session_id = make_session(memory.store, 4).session_id
        images = memory.store.take_turns(session_id, FairShare())
        memory.let_pass(10)
        memory.store.release_image(make_image_claim(memory.store, images[0].image_id))
        memory.let_pass(3)
        expected = [images[index].image_id for index in (1, 2, 3, 0)]
        assert _to_publish(memory) == expected


def ready_one_after_the_other(memory: Memory, *pauses_s: float) -> list[str]:
    """Make sessions ready, with a pause after each; return them."""
    made = []
    for pause_s in pauses_s:
        made.append(make_ready_session(memory.store).session_id)
        memory.let_pass(pause_s)
    return made


class SortingAgainContract:
    def test_a_ready_session_that_nobody_sorts_is_found_after_a_while(self, memory: Memory) -> None:
        session = make_ready_session(memory.store)
        assert _to_sort(memory) == []
        memory.let_pass(4)
        assert _to_sort(memory) == [session.session_id]

    def test_a_session_is_left_alone_while_a_picture_is_unfinished_or_was_until_just_now(
        self, memory: Memory
    ) -> None:
        session_id = make_session(memory.store, 1).session_id
        memory.store.seal_session(session_id)
        memory.let_pass(100)
        assert _to_sort(memory) == []
        (image,) = memory.store.load_images(session_id)
        claim = make_image_claim(memory.store, image.image_id)
        memory.store.save_detections(claim, make_detections(), "detector@1")
        assert _to_sort(memory) == []
        memory.let_pass(4)
        assert _to_sort(memory) == [session_id]

    def test_a_session_without_pictures_is_found_so_that_it_can_fail(self, memory: Memory) -> None:
        session = make_ready_session(memory.store, 0)
        memory.let_pass(4)
        assert _to_sort(memory) == [session.session_id]

    def test_a_session_is_left_to_the_worker_that_sorts_it_until_that_is_silent(
        self, memory: Memory
    ) -> None:
        session_id = make_ready_session(memory.store).session_id
        make_session_claim(memory.store, session_id, "sort-1")
        memory.let_pass(100)
        memory.store.beat("sort-1", "sort")
        assert _to_sort(memory) == []
        memory.let_pass(6)
        assert _to_sort(memory) == [session_id]

    def test_a_released_session_is_found_after_a_while(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store).session_id
        memory.let_pass(100)
        memory.store.release_session(make_session_claim(memory.store, session_id))
        assert _to_sort(memory) == []
        memory.let_pass(4)
        assert _to_sort(memory) == [session_id]

    def test_a_ready_session_is_left_to_a_long_queue(self, memory: Memory) -> None:
        make_ready_session(memory.store)
        memory.let_pass(10_000)
        assert _to_sort(memory, queue_is_short=False) == []

    @pytest.mark.parametrize("is_over", [False, True])
    def test_a_session_that_a_later_one_overtook_is_found_however_long_the_queue_is(
        self, memory: Memory, is_over: bool
    ) -> None:
        """Its message went with a Redis that was killed, or was never published."""
        store = memory.store
        first, soon, late = ready_one_after_the_other(memory, 2, 2, 1)
        make_session_claim(store, soon, "sort-1")
        assert _to_sort(memory, queue_is_short=False) == []
        claim = make_session_claim(store, late, "sort-1")
        if is_over:
            store.fail_session(claim, "for no reason")
        assert _to_sort(memory, queue_is_short=False) == [first]
        store.mark_republished(first)
        assert _to_sort(memory, queue_is_short=False) == []

    def test_what_was_put_back_or_published_again_has_overtaken_nobody(
        self, memory: Memory
    ) -> None:
        """It may have been taken by the message that it had before."""
        store = memory.store
        _, released, again = ready_one_after_the_other(memory, 1, 1, 1)
        memory.let_pass(10)
        store.release_session(make_session_claim(store, released))
        store.mark_republished(again)
        memory.let_pass(1)
        for session_id in (released, again):
            make_session_claim(store, session_id)
        assert _to_sort(memory, queue_is_short=False) == []

    def test_a_silent_workers_session_is_found_in_a_long_queue_until_it_is_published_again(
        self, memory: Memory
    ) -> None:
        session_id = make_ready_session(memory.store).session_id
        make_session_claim(memory.store, session_id, "sort-1")
        memory.let_pass(6)
        assert _to_sort(memory, queue_is_short=False) == [session_id]
        memory.store.mark_republished(session_id)
        assert _to_sort(memory, queue_is_short=True) == []
        memory.let_pass(4)
        assert _to_sort(memory, queue_is_short=False) == []
        assert _to_sort(memory, queue_is_short=True) == [session_id]

    def test_what_was_published_again_is_left_to_the_queue_for_a_while(
        self, memory: Memory
    ) -> None:
        session_id = make_ready_session(memory.store).session_id
        memory.let_pass(4)
        memory.store.mark_republished(session_id)
        assert _to_sort(memory) == []
        memory.let_pass(4)
        assert _to_sort(memory) == [session_id]

    def test_an_unknown_session_was_never_published(self, memory: Memory) -> None:
        with pytest.raises(NotFoundError):
            memory.store.mark_republished("none")

    @pytest.mark.parametrize("make", [make_session, make_sorted_session])
    def test_open_sessions_and_those_that_are_over_are_never_found(
        self, memory: Memory, make: Any
    ) -> None:
        make(memory.store)
        memory.let_pass(10_000)
        assert _to_sort(memory) == []


class OverdueContract:
    def test_an_open_session_is_sealed_once_its_deadline_is_past(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 2, deadline_s=60.0).session_id
        assert memory.store.seal_overdue_sessions() == []
        memory.let_pass(61)
        sealed = memory.store.seal_overdue_sessions()
        assert sealed == [memory.store.load_session(session_id)]
        assert (sealed[0].state, sealed[0].n_images) == (SessionState.SEALED, 2)
        assert memory.store.load_events(session_id)[-1].data == {"n_images": 2, "is_overdue": True}
        assert memory.store.seal_overdue_sessions() == []

    def test_what_is_unfinished_long_after_the_deadline_fails(self, memory: Memory) -> None:
        store = memory.store
        session_id = make_session(store, 3, deadline_s=60.0).session_id
        images = store.load_images(session_id)
        store.save_detections(make_image_claim(store, images[0].image_id), make_detections(), "d@1")
        claim = make_image_claim(store, images[1].image_id)
        store.seal_session(session_id)
        memory.let_pass(70)
        assert store.fail_overdue_images(31) == []
        memory.let_pass(30)
        failed = store.fail_overdue_images(31)
        assert failed == store.load_images(session_id)[1:]
        assert [image.state for image in failed] == [ImageState.FAILED] * 2
        assert failed[0].failure == "not read 31 s after the session's deadline"
        assert memory.kinds(session_id)[-2:] == ["image.failed", "image.failed"]
        assert not store.save_detections(claim, make_detections(), "d@1")
        assert store.fail_overdue_images(31) == []
        assert make_session_claim(store, session_id).session.n_failed == 2

    def test_sessions_that_are_over_are_never_overdue(self, memory: Memory) -> None:
        session = make_sorted_session(memory.store)
        memory.let_pass(100_000)
        assert memory.store.seal_overdue_sessions() == []
        assert memory.store.fail_overdue_images(0) == []
        assert memory.store.load_session(session.session_id).state is SessionState.DONE
