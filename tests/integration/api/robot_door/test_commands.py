"""Commands go out as the original's pairs, from a plan for the arm that its robot tells of."""

from __future__ import annotations

import json

import numpy as np
import pytest
import websocket

from api.robot_door.sessions import DEADLINE_S
from sorter.types import Arm, ArmGeometry, Detections
from storage.records import SessionState
from tests.integration.api.robot_door.opened import OpenDoor, await_that, has_event
from tests.integration.api.robot_door.scenes import (
    CONTAINER,
    ITEM,
    PICTURE,
    found,
    item_and_container,
    place_of,
)
from tests.original_robot import CONSTANTS, commands_message, hear


@pytest.mark.parametrize(
    ("position_pw", "box", "servo0_pw", "servo1_pw"),
    [
        (1200, (1182, 240, 1355, 408), 1048.840455, 1803.600802),
        (1200, (545, 358, 767, 502), 1259.831439, 1691.689730),
        (1500, (715, 68, 865, 275), 1509.516440, 1875.250174),
        (1500, (770, 566, 870, 666), 1500.0, 1550.0),
        (1700, (0, 320, 219, 548), 1946.769580, 1788.223161),
    ],
)
def test_places_are_those_that_the_original_computed(
    door: OpenDoor, position_pw: int, box: tuple[int, ...], servo0_pw: float, servo1_pw: float
) -> None:
    # The original cut centres down to whole pixels: a box that is that much larger has them.
    odd = [(low + high) % 2 for low, high in (box[::2], box[1::2])]
    whole = (float(box[0]), float(box[1]), float(box[2] - odd[0]), float(box[3] - odd[1]))
    robot = door.robot()
    assert robot.send_picture("S1", position_pw, PICTURE).text == "true"
    with door.worker(lambda _: found(whole, CONTAINER, labels=(0, 1))):
        pairs = robot.ask_commands("S1")
    drop = place_of(CONTAINER, position_pw, ArmGeometry())
    np.testing.assert_allclose(pairs, [[[servo0_pw, servo1_pw], drop]], rtol=0, atol=1e-6)


def test_a_robot_nobody_knew_gets_commands_for_the_arm_that_it_tells_of(door: OpenDoor) -> None:
    told = {
        "arm_radius": 1300,
        "rotation_range_as_deg": 120,
        "rotation_range_as_pw": 1500,
        "dist_min_as_pw": 1000,
        "dist_max_as_pw": 1900,
    }
    geometry = ArmGeometry(1300, 120, 1500, 1000, 1900)
    robot = door.robot("NEW", constants=CONSTANTS | told)
    robot.send_picture("S1", 1500, PICTURE)
    with door.worker(item_and_container):
        pairs = robot.ask_commands("S1")
    expected = [[place_of(ITEM, 1500, geometry), place_of(CONTAINER, 1500, geometry)]]
    np.testing.assert_allclose(pairs, expected, rtol=0, atol=1e-6)
    arm = door.store.load_arm("NEW")
    assert arm.geometry == geometry
    assert (arm.limits.servo1_min_pw, arm.limits.servo1_max_pw) == (1000, 1900)


def test_a_calibrated_arm_is_not_changed_by_what_its_robot_tells(door: OpenDoor) -> None:
    measured = Arm("ARM001", ArmGeometry(radius_px=1490.0, roll_deg=1.5), calibration_id="c-1")
    door.store.save_arm(measured)
    robot = door.robot()
    robot.send_picture("S1", 1500, PICTURE)
    with door.worker(item_and_container):
        pairs = robot.ask_commands("S1")
    np.testing.assert_allclose(pairs[0][0], place_of(ITEM, 1500, measured.geometry), atol=1e-6)
    assert door.store.load_arm("ARM001") == measured


def test_the_same_scene_gives_the_same_pairs_every_time(door: OpenDoor) -> None:
    robot = door.robot()
    with door.worker(item_and_container):
        answers = []
        for session in ("S1", "S2", "S3"):
            robot.send_pictures(session, {1400: PICTURE, 1500: PICTURE + b" another"})
            answers.append(robot.ask_commands(session))
            answers.append(robot.ask_commands(session))
    assert answers[0]
    assert answers == answers[:1] * 6


@pytest.mark.parametrize(
    "detections",
    [found(labels=()), found(CONTAINER, labels=(1,)), found(ITEM, labels=(0,))],
    ids=["an empty table", "no item", "no container"],
)
def test_where_there_is_nothing_to_do_there_are_no_pairs(
    door: OpenDoor, detections: Detections
) -> None:
    robot = door.robot()
    robot.send_picture("S1", 1500, PICTURE)
    with door.worker(lambda _: detections):
        assert robot.ask_commands("S1") == []


def test_a_session_of_which_nothing_came_has_nothing_to_do(door: OpenDoor) -> None:
    assert door.robot().ask_commands("S404") == []


def test_a_session_that_failed_sends_its_robot_home(door: OpenDoor) -> None:
    robot = door.robot()
    robot.send_picture("S1", 1500, PICTURE)
    session_id = door.session("robot/S1/before/1").session_id
    [image] = door.store.load_images(session_id)
    claim = door.store.claim_image(image.image_id, "w", dead_after_s=5, max_attempts=3)
    assert claim is not None
    door.store.fail_image(claim, "it shows nothing but noise")
    with door.worker(item_and_container):
        assert robot.ask_commands("S1") == []
    assert door.store.load_session(session_id).state is SessionState.FAILED


def test_no_robot_follows_a_plan_that_was_made_for_other_constants(door: OpenDoor) -> None:
    robot = door.robot("LATE", constants=CONSTANTS | {"arm_radius": 1200})
    robot.send_picture("S1", 1500, PICTURE)
    door.store.let_pass(DEADLINE_S + 1)
    with door.worker(item_and_container):
        door.store.seal_overdue_sessions()
        assert robot.ask_commands("S1") == []
        robot.send_picture("S2", 1500, PICTURE)
        assert len(robot.ask_commands("S2")) == 1


def test_a_name_that_is_given_out_again_is_a_new_session(door: OpenDoor) -> None:
    robot = door.robot()
    with door.worker(item_and_container):
        robot.send_picture("S1", 1500, PICTURE)
        first = robot.ask_commands("S1")
        again = {1500: PICTURE + b" another day", 1400: PICTURE}
        assert robot.send_pictures("S1", again)
        second = robot.ask_commands("S1")
    assert first
    assert second
    assert [s.n_images for s in door.store.find_sessions("robot/S1/before/", "ARM001")] == [2, 1]


def test_a_robot_that_goes_while_it_waits_may_ask_again(door: OpenDoor) -> None:
    robot = door.robot()
    robot.send_picture("S1", 1500, PICTURE)
    with robot.connection() as connection:
        connection.send(commands_message("ARM001", "S1", CONSTANTS))
        connection.ping()
        await_that(has_event(door, door.session("robot/S1/before/1").session_id, "session.sealed"))
        connection.shutdown()
    lost = door.context.metrics.registry.get_sample_value
    labels = {"command": "order", "end": "lost"}
    await_that(lambda: lost("sorterbot_door_messages_total", labels) == 1)
    with door.worker(item_and_container):
        assert len(robot.ask_commands("S1")) == 1


def test_a_robot_that_waits_is_told_when_the_door_closes(door: OpenDoor) -> None:
    robot = door.robot()
    robot.send_picture("S1", 1500, PICTURE)
    with robot.connection() as connection:
        connection.send(commands_message("ARM001", "S1", CONSTANTS))
        await_that(has_event(door, door.session("robot/S1/before/1").session_id, "session.sealed"))
        door.server.shutdown()
        ending = hear(connection)
    assert (ending.text, ending.code) == ("", 1011), "an orderly close, with a code it knows"


def test_while_the_rows_are_away_a_robot_that_asked_goes_on_waiting(door: OpenDoor) -> None:
    robot = door.robot()
    robot.send_picture("S1", 1500, PICTURE)
    session_id = door.session("robot/S1/before/1").session_id
    with robot.connection() as connection:
        door.store.is_down = True
        connection.send(commands_message("ARM001", "S1", CONSTANTS))
        check_silent(connection)
        door.store.is_down = False
        await_that(has_event(door, session_id, "session.sealed"))
        door.store.is_down = True
        check_silent(connection)
        door.store.is_down = False
        with door.worker(item_and_container):
            assert len(json.loads(connection.recv())) == 1


def check_silent(connection: websocket.WebSocket) -> None:
    """Make sure that nothing is said for a while, nor the connection closed."""
    connection.settimeout(0.7)
    with pytest.raises(websocket.WebSocketTimeoutException):
        connection.recv()
    connection.settimeout(60)
