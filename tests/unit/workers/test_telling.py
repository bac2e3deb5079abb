"""A picture that came is kept under the original's name, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sorter.errors import NotFoundError
from sorter.types import Arm, ImageSize
from storage.feeds import FeedEvent
from storage.observed import observed
from storage.overview import TRY_ARM_ID
from storage.records import NewImage
from storage.robot_sessions import RobotSession
from tests.factories import JPEG
from tests.unit.workers.world import World
from workers.telling import name_picture

POSITION_PW = 1200.5


@pytest.fixture
def world() -> World:
    return World()


def take_in(world: World, key: str | None = None, arm_id: str = "arm-1") -> FeedEvent:
    """Take a picture in after another; return what the feed tells of it."""
    store = world.store
    store.save_arm(Arm(arm_id))
    session, _ = store.open_session(
        arm_id,
        expected_images=None,
        min_images=1,
        deadline_s=600.0,
        idempotency_key=key,
        request_id=None,
    )
    image_key = world.images.save_image(session.session_id, JPEG)
    for position_pw in (1000.0, POSITION_PW):
        new = NewImage(position_pw, image_key, "0" * 64, ImageSize(64, 48), len(JPEG))
        store.accept_image(session.session_id, new, None)
    return FeedEvent(store.load_events(session.session_id)[-1], arm_id, key)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (RobotSession("S12").key, "S12/1200.5.jpg"),
        (RobotSession("S12", is_after=True).key, "S12/after_1200.5.jpg"),
        (None, "{session_id}/1200.5.jpg"),
        ("a robot's own", "{session_id}/1200.5.jpg"),
    ],
)
def test_a_picture_is_called_after_arm_session_and_place(
    world: World, key: str | None, name: str
) -> None:
    told = take_in(world, key)
    name_picture(told, world.store, world.images)
    name = name.format(session_id=told.event.session_id)
    assert world.images.load_named(f"arm-1/{name}") == JPEG


def test_of_a_session_s_pictures_that_one_alone_is_read(world: World) -> None:
    told, noted = take_in(world), list[str]()

    def note(name: str, _took_s: float, _result: Any) -> None:
        noted.append(name)

    name_picture(told, observed(world.store, note), world.images)
    assert noted == ["load_image_at"]


def test_what_an_operator_tried_gets_no_name(world: World) -> None:
    told = take_in(world, arm_id=TRY_ARM_ID)
    before = dict(world.images.images)
    name_picture(told, world.store, world.images)
    assert world.images.images == before


@pytest.mark.parametrize("is_row_gone", [True, False])
def test_a_picture_that_is_gone_holds_nobody_up(world: World, is_row_gone: bool) -> None:
    told = take_in(world)
    if is_row_gone:
        elsewhere = {**told.event.data, "position_pw": 1.0}
        told = replace(told, event=replace(told.event, data=elsewhere))
    else:
        world.images.images.clear()
    name_picture(told, world.store, world.images)
    with pytest.raises(NotFoundError):
        world.images.load_named(f"arm-1/{told.event.session_id}/1200.5.jpg")
