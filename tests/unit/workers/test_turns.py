"""An arm's pictures come onto the queue as its earlier ones end, and none is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from celery import Celery

from sorter.errors import TransientError
from storage.records import FairShare, ImageRecord
from tests.unit.workers.world import World
from workers.celery_app import make_celery
from workers.detecting import detect_image
from workers.settings import DETECT_IMAGE
from workers.sweeping import sweep
from workers.tasks import register_tasks
from workers.turns import publish_turns


@pytest.fixture
def world() -> World:
    """A world in which an arm has two pictures on the queue at a time."""
    world = World()
    world.services = replace(
        world.services, rules=replace(world.services.rules, share=FairShare(per_worker=2))
    )
    return world


@pytest.fixture
def app(world: World) -> Celery:
    app = make_celery("redis://nowhere/0", "redis://nowhere/1", is_gateway=False)
    register_tasks(app, lambda: world.services)
    return app


def flood(world: World, n: int = 5) -> list[ImageRecord]:
    session_id = world.open_session()
    return [world.add_picture(session_id, is_published=False) for _ in range(n)]


def published(world: World) -> list[int]:
    return [message.index for message in world.queue.images]


def run(app: Celery, image: ImageRecord) -> None:
    task = app.tasks[DETECT_IMAGE]
    task.push_request(group=image.session_id)
    try:
        task.run(image.image_id)
    finally:
        task.pop_request()


def test_a_picture_that_ends_lets_the_arms_next_one_come(app: Celery, world: World) -> None:
    images = flood(world)
    assert publish_turns(images[0].session_id, world.services) == 2
    for image in images:
        run(app, image)
    assert published(world) == [0, 1, 2, 3, 4]


def test_a_picture_that_cannot_be_read_gives_its_place_up_too(app: Celery, world: World) -> None:
    images = flood(world, 3)
    publish_turns(None, world.services)
    world.images.images.clear()
    run(app, images[0])
    assert published(world) == [0, 1, 2]


def test_where_whoever_finished_one_died_the_sweeper_publishes_the_next(world: World) -> None:
    images = flood(world)
    publish_turns(None, world.services)
    detect_image(images[0].image_id, images[0].session_id, world.services)
    assert sweep(world.services).images_published == 1
    assert published(world) == [0, 1, 2]
    assert sweep(world.services).is_quiet


def test_where_the_queue_refused_a_turn_the_sweeper_publishes_it_later(world: World) -> None:
    flood(world)
    world.queue.is_down = True
    with pytest.raises(TransientError):
        publish_turns(None, world.services)
    world.queue.is_down = False
    assert sweep(world.services).is_quiet, "it may be on its way"
    world.store.let_pass(6)
    assert sweep(world.services).images_published == 2


def test_no_trouble_with_turns_lets_a_member_raise(app: Celery, world: World) -> None:
    images = flood(world)
    publish_turns(None, world.services)

    def broken(*_: object) -> list[ImageRecord]:
        raise KeyError("bug")

    world.store.take_turns = broken
    run(app, images[0])
    assert world.image(images[0]).finished_at is not None
