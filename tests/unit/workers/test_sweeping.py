from __future__ import annotations

import pytest

from sorter.errors import TransientError
from storage.records import ImageState, SessionState
from tests.fakes import PublishedClosing, PublishedImage, PublishedSort
from tests.unit.workers.world import World
from workers.detecting import detect_image
from workers.sweeping import sweep


@pytest.fixture
def world() -> World:
    return World()


def make_sealed_session(world: World) -> str:
    session_id = world.open_session()
    image = world.add_picture(session_id)
    detect_image(image.image_id, session_id, world.services)
    world.store.seal_session(session_id)
    return session_id


def test_where_all_is_well_nothing_is_done(world: World) -> None:
    world.add_picture(world.open_session())
    assert sweep(world.services).is_quiet
    assert world.queue.images == []


def test_a_picture_that_was_never_published_is_published_under_its_own_names(
    world: World,
) -> None:
    session_id = world.open_session()
    world.add_picture(session_id)
    image = world.add_picture(session_id, is_published=False)
    world.store.let_pass(6)
    assert sweep(world.services).images_published == 1
    wanted = PublishedImage(session_id, image.image_id, index=1, request_id="request-1")
    assert world.queue.images == [wanted]


def test_what_was_published_again_is_not_published_a_third_time_at_once(world: World) -> None:
    world.add_picture(world.open_session(), is_published=False)
    world.store.let_pass(6)
    sweep(world.services)
    world.queue.images.clear()
    world.store.let_pass(2)
    assert sweep(world.services).is_quiet


def test_a_dead_workers_picture_is_published_again_once(world: World) -> None:
    image = world.add_picture(world.open_session())
    world.store.claim_image(image.image_id, "dead", dead_after_s=5, max_attempts=3)
    world.store.let_pass(6)
    sweep(world.services)
    sweep(world.services)
    assert len(world.queue.images) == 1


def test_a_picture_waits_as_long_as_the_queue_is_not_empty(world: World) -> None:
    session_id = world.open_session()
    world.add_picture(session_id)
    world.queue.publish_image(session_id, "another", 7, None)
    world.store.let_pass(60)
    assert sweep(world.services).images_published == 0
    world.queue.images.clear()
    assert sweep(world.services).images_published == 1


def test_a_sealed_session_that_nobody_sorts_is_published(world: World) -> None:
    session_id = make_sealed_session(world)
    assert sweep(world.services).sessions_published == 0
    world.store.let_pass(3)
    assert sweep(world.services).sessions_published == 1
    assert world.queue.sorts == [PublishedSort(session_id, "request-1")]


def test_a_session_that_a_dead_worker_sorted_is_published(world: World) -> None:
    session_id = make_sealed_session(world)
    world.store.claim_session(session_id, "dead", dead_after_s=5, max_attempts=3)
    world.store.let_pass(6)
    assert sweep(world.services).sessions_published == 1


def test_in_a_long_sort_queue_only_a_session_that_was_overtaken_is_published_and_once(
    world: World,
) -> None:
    lost = make_sealed_session(world)
    world.store.let_pass(60)
    later = make_sealed_session(world)
    for number in range(11):
        world.queue.publish_sort(f"other-{number}", None)
    assert sweep(world.services).sessions_published == 0
    world.store.claim_session(later, "alive", dead_after_s=5, max_attempts=3)
    assert sweep(world.services).sessions_published == 1
    assert world.queue.sorts[-1] == PublishedSort(lost, "request-1")
    assert sweep(world.services).sessions_published == 0


def test_an_overdue_session_is_sealed_and_closed(world: World) -> None:
    session_id = world.open_session(deadline_s=10)
    image = world.add_picture(session_id)
    world.queue.images.clear()
    detect_image(image.image_id, session_id, world.services)
    world.store.let_pass(11)
    report = sweep(world.services)
    assert report.sessions_sealed == 1
    assert world.session(session_id).state is SessionState.SEALED
    assert world.queue.closings == [PublishedClosing(session_id, 1, "request-1")]
    assert sweep(world.services).sessions_sealed == 0


def test_a_picture_that_nobody_reads_is_failed_long_after_the_deadline(world: World) -> None:
    image = world.add_picture(world.open_session(deadline_s=10))
    world.store.let_pass(11)
    sweep(world.services)
    assert world.image(image).state is ImageState.RECEIVED
    world.store.let_pass(300)
    assert sweep(world.services).images_failed == 1
    assert world.image(image).state is ImageState.FAILED


def test_workers_silent_for_long_are_forgotten(world: World) -> None:
    world.store.let_pass(3700)
    world.store.beat("alive", "gpu")
    assert sweep(world.services).workers_forgotten == 1


@pytest.mark.parametrize("service", ["queue", "store"])
def test_a_sweep_without_its_services_is_broken_off(world: World, service: str) -> None:
    getattr(world, service).is_down = True
    with pytest.raises(TransientError):
        sweep(world.services)


def test_a_queue_that_fails_in_the_middle_marks_nothing_as_published(world: World) -> None:
    world.add_picture(world.open_session(), is_published=False)
    world.store.let_pass(6)
    publish = world.queue.publish_image

    def refuse(*_: object) -> None:
        raise TransientError("the queue is down")

    world.queue.publish_image = refuse
    with pytest.raises(TransientError):
        sweep(world.services)
    world.queue.publish_image = publish
    world.store.let_pass(6)
    assert sweep(world.services).images_published == 1
