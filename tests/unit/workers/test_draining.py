"""A worker that is asked to end: what it finishes, what it gives back, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from storage.records import ImageClaim, ImageRecord, ImageState, SessionState
from tests.fakes import PublishedSort
from tests.unit.workers.world import World
from workers.detecting import detect_image
from workers.draining import END_WITHIN_S, FINISH_WITHIN_S, Draining, give_back_all
from workers.sorting import sort_session

LOCAL_STACK_KILLS_AFTER_S = 10.0


@pytest.fixture
def world() -> World:
    return World()


class Clocks:
    """Lets a test say when each pause of a drain is over."""

    def __init__(self) -> None:
        self.over = {FINISH_WITHIN_S: threading.Event(), END_WITHIN_S: threading.Event()}

    def sleep(self, seconds: float) -> None:
        assert self.over[seconds].wait(10)


def claim(world: World, image: ImageRecord) -> ImageClaim:
    claim = world.store.claim_image(
        image.image_id, world.services.worker_id, dead_after_s=5, max_attempts=3
    )
    assert claim is not None
    return claim


def test_it_ends_before_the_local_stack_kills_it() -> None:
    assert FINISH_WITHIN_S < END_WITHIN_S <= LOCAL_STACK_KILLS_AFTER_S - 2


def test_work_goes_on_at_first_then_the_network_takes_no_more_then_the_process_ends(
    world: World,
) -> None:
    clocks, told = Clocks(), []
    happened = {"stop": threading.Event(), "end": threading.Event()}

    def tell(what: str) -> Callable[[], None]:
        return lambda: (told.append(what), happened[what].set())[0]

    draining = Draining(world.services, tell("stop"), end=tell("end"), sleep=clocks.sleep)
    draining.begin()
    draining.begin()
    assert told == []
    clocks.over[FINISH_WITHIN_S].set()
    assert happened["stop"].wait(10)
    assert told == ["stop"]
    clocks.over[END_WITHIN_S].set()
    assert happened["end"].wait(10)
    assert told == ["stop", "end"]


def test_a_picture_that_waits_for_a_closed_network_is_given_back_as_if_never_claimed(
    world: World,
) -> None:
    image = world.add_picture(world.open_session())
    world.services.held.is_ending = True
    world.services.detector.get().close()
    assert not detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image) == image
    assert [message.image_id for message in world.queue.images] == [image.image_id]
    assert world.services.held.claims() == []


def test_however_often_workers_are_replaced_no_picture_is_quarantined_for_it(world: World) -> None:
    image = world.add_picture(world.open_session())
    for number in range(5):
        worker = world.make_worker(f"leaving-{number}")
        worker.held.is_ending = True
        worker.detector.get().close()
        detect_image(image.image_id, image.session_id, worker)
    assert detect_image(image.image_id, image.session_id, world.services)
    assert (world.image(image).state, world.image(image).attempt) == (ImageState.DETECTED, 1)


def test_what_is_still_held_at_the_end_is_given_back_and_its_late_result_changes_nothing(
    world: World,
) -> None:
    image = world.add_picture(world.open_session())
    mine = claim(world, image)
    with world.services.held.holding(mine):
        give_back_all(world.services)
        assert world.image(image) == image
        assert [message.image_id for message in world.queue.images] == [image.image_id]
        assert not world.store.save_detections(mine, world.detector.found, "d@1")
    give_back_all(world.services)
    assert len(world.queue.images) == 1


def test_a_session_that_is_being_sorted_at_the_end_is_published_to_be_sorted_elsewhere(
    world: World,
) -> None:
    session_id = world.open_session()
    image = world.add_picture(session_id)
    detect_image(image.image_id, session_id, world.services)
    world.store.seal_session(session_id)

    def ends_meanwhile() -> object:
        give_back_all(world.services)
        return world.embedder

    leaving = replace(world.services, embedder=_Asked(ends_meanwhile))
    sort_session(session_id, leaving)
    assert world.session(session_id).state is SessionState.SEALED
    assert world.queue.sorts == [PublishedSort(session_id, "request-1")]
    sort_session(session_id, world.make_worker("worker-2"))
    assert world.session(session_id).state.is_final


class _Asked:
    """Something to be loaded that does more when it is asked for."""

    def __init__(self, get: Callable[[], object]) -> None:
        self.get = get


def test_what_cannot_be_given_back_now_is_left_to_the_sweeper(world: World) -> None:
    image = world.add_picture(world.open_session())
    with world.services.held.holding(claim(world, image)):
        world.store.is_down = True
        give_back_all(world.services)
    world.store.is_down = False
    assert world.image(image).state is ImageState.DETECTING
