"""What follows a session: panoramas at the original's keys, and what became of the commands."""

from __future__ import annotations

import io
import time

from PIL import Image

from sorter.types import Detections
from tests.integration.api.robot_door.opened import OpenDoor, await_that, has_event, open_door
from tests.integration.api.robot_door.scenes import CONTAINER, ITEM, PICTURE, found
from tests.unit.api.picture_bytes import make_jpeg

AFTER = make_jpeg(1640, 1232, grey=30)
OTHER_ITEM = (300.0, 200.0, 420.0, 330.0)
IN_CONTAINER = (1260.0, 960.0, 1330.0, 1030.0)


def one_of_two_is_moved(data: bytes) -> Detections:
    if data == PICTURE:
        return found(ITEM, OTHER_ITEM, CONTAINER, labels=(0, 0, 1))
    return found(IN_CONTAINER, OTHER_ITEM, CONTAINER, labels=(0, 0, 1))


def run(door: OpenDoor) -> str:
    """Let a robot sort its table, photograph it again, and go; return its session's id."""
    robot = door.robot()
    robot.send_picture("S1", 1500, PICTURE)
    assert len(robot.ask_commands("S1")) == 2
    assert robot.send_pictures("S1", {1500: AFTER}, is_after=True)
    robot.end_after_pictures("S1")
    return door.session("robot/S1/before/1").session_id


def size_of(door: OpenDoor, name: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(door.images.load_named(name))) as picture:
        assert picture.format == "JPEG"
        return picture.size


def test_what_was_moved_and_what_was_missed_is_told_by_the_pictures_after(
    door: OpenDoor,
) -> None:
    with door.worker(one_of_two_is_moved):
        session_id = run(door)
        await_that(has_event(door, session_id, "panorama.saved", 2))
    outcomes = {one.command: one.result for one in door.store.load_outcomes(session_id)}
    plan = door.store.load_plan(session_id)
    assert plan is not None
    moved = {command["order"]: command["item"] for command in plan["commands"]}
    middle = {item["item"]: item["crop"]["xyxy_px"][0] for item in plan["items"]}
    assert {middle[moved[order]]: result for order, result in outcomes.items()} == {
        ITEM[0]: "picked",
        OTHER_ITEM[0]: "missed",
    }
    before = size_of(door, "ARM001/S1/original_stitch.jpg")
    assert size_of(door, "ARM001/S1/after_stitch.jpg") == before
    assert min(before) > 300


def test_after_pictures_leave_the_session_as_it_was(door: OpenDoor) -> None:
    with door.worker(one_of_two_is_moved):
        session_id = run(door)
        await_that(has_event(door, session_id, "panorama.saved", 2))
        assert door.store.load_session(session_id).n_images == 1
        assert door.session("robot/S1/after/1").n_images == 1
        assert len(door.robot().ask_commands("S1")) == 2


def test_a_door_takes_up_what_another_one_left() -> None:
    with open_door() as first:
        robot = first.robot()
        robot.send_picture("S1", 1500, PICTURE)
        with first.worker(one_of_two_is_moved):
            robot.ask_commands("S1")
        robot.send_pictures("S1", {1500: AFTER}, is_after=True)
        robot.end_after_pictures("S1")
        session_id = first.session("robot/S1/before/1").session_id
        after_id = first.session("robot/S1/after/1").session_id
        await_that(has_event(first, after_id, "session.sealed"))
    first.store.is_down = True
    with open_door(first.store, first.images) as second:
        time.sleep(0.1)  # in which it looks for the first time
        first.store.is_down = False
        with second.worker(one_of_two_is_moved):
            await_that(has_event(second, session_id, "panorama.saved", 2))
        n_events = len(second.store.load_events(session_id))
    with open_door(first.store, first.images) as third:
        third.robot().send_picture("S2", 1500, PICTURE)
        with third.worker(one_of_two_is_moved):
            third.robot().ask_commands("S2")
            other_id = third.session("robot/S2/before/1").session_id
            await_that(has_event(third, other_id, "panorama.saved"))
        assert len(third.store.load_events(session_id)) == n_events, "it is done once"
