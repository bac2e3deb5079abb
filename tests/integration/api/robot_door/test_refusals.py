"""Whatever is said to the door: it ends in order, with a reason, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import websocket
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.api.robot_door.opened import OpenDoor, open_door
from tests.original_robot import CONSTANTS, commands_message, hear, picture_message
from tests.unit.api.picture_bytes import make_gif, make_jpeg, make_jpeg_bomb

HOSTILE_NAMES = ["", "../../x", "a';DROP TABLE arms", "S" * 300, "😀", "S1\x00", "S1\n", 12, None]


@pytest.fixture(scope="module")
def shared() -> Iterator[OpenDoor]:
    """One door for all tests: each finds that it still serves."""
    with open_door() as door:
        yield door


def check_refused(door: OpenDoor, message: str | bytes, code: int, about: str) -> None:
    ending = door.robot().say(message)
    assert (ending.text, ending.code) == ("", code)
    assert about in ending.reason
    assert len(ending.reason.encode()) <= 123
    assert door.robot("STILL").send_picture("S1", 1200, make_jpeg()).text == "true"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("place", ["arm_id", "session_id", "image_name"])
def test_a_hostile_name_does_no_harm(shared: OpenDoor, place: str, name: object) -> None:
    names: dict[str, Any] = {"arm_id": "ARM", "session_id": "S9", "image_name": "1200.jpg"}
    names[place] = name
    message = picture_message(
        names["arm_id"], names["session_id"], names["image_name"], make_jpeg()
    )
    check_refused(shared, message, 1007, place)
    if place != "image_name":
        order = commands_message(names["arm_id"], names["session_id"], CONSTANTS)
        check_refused(shared, order, 1007, place)
    assert shared.store.find_sessions("robot/S9/") == []


@pytest.mark.parametrize(
    "name", ["../1200.jpg", "x.jpg", "1200", "-5.jpg", "nan.jpg", "1e3.jpg", "1٢.jpg", "12.exe"]
)
def test_a_picture_of_no_position_is_refused(shared: OpenDoor, name: str) -> None:
    message = picture_message("ARM", "S9", name, make_jpeg())
    check_refused(shared, message, 1007, "image_name")


@pytest.mark.parametrize(
    ("data", "about"),
    [
        (b"", "neither"),
        (make_gif(), "neither"),
        (make_jpeg()[:-40], "ends before its end"),
        (make_jpeg_bomb(), "pixels"),
    ],
)
def test_what_is_no_whole_picture_is_refused(shared: OpenDoor, data: bytes, about: str) -> None:
    check_refused(shared, picture_message("ARM", "S9", "1200.jpg", data), 1007, about)


def test_a_position_that_the_arm_cannot_have_been_in_is_refused(shared: OpenDoor) -> None:
    message = picture_message("ARM", "S9", "5000.jpg", make_jpeg())
    check_refused(shared, message, 1007, "servo 0")


@pytest.mark.parametrize(
    ("message", "about"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "object"),
        ("[" * 100_000, "JSON"),
        ('{"command": "dance"}', "dance"),
        ('{"command": ["get_commands_of_session"]}', "command"),
        ('{"command": "get_commands_of_session", "session_id": "S1"}', "arm_constants"),
        ('{"command": "stitch_after_image", "session_id": "S1"}', "arm_id"),
        (commands_message("ARM", "S1", CONSTANTS | {"arm_radius": -1}), "arm_radius"),
        (commands_message("ARM", "S1", CONSTANTS | {"arm_radius": float("nan")}), "arm_radius"),
        (commands_message("ARM", "S1", CONSTANTS | {"dist_min_as_pw": 3000}), "dist_min"),
        (b"", "SPLIT"),
        (b"{}" + bytes(50_000) + b"___SPLIT___", "SPLIT"),
        (b"___SPLIT___", "JSON"),
        (b"\xff___SPLIT___x", "JSON"),
        (b'{"command": "dance"}___SPLIT___x', "command"),
    ],
)
def test_a_message_that_is_none_is_refused(
    shared: OpenDoor, message: str | bytes, about: str
) -> None:
    check_refused(shared, message, 1007, about)


def test_pictures_after_a_session_must_have_come_before_they_end(shared: OpenDoor) -> None:
    order = '{"command": "stitch_after_image", "arm_id": "ARM", "session_id": "S77"}'
    check_refused(shared, order, 1008, "S77")


def test_text_that_is_no_utf8_is_refused(shared: OpenDoor) -> None:
    with shared.robot().connection() as connection:
        connection.send(b'{"command": "\xff"}', websocket.ABNF.OPCODE_TEXT)
        assert hear(connection).code == 1007


@settings(max_examples=25)
@given(st.text(max_size=300) | st.binary(max_size=300))
def test_nothing_that_is_said_leaves_a_robot_without_an_end(
    shared: OpenDoor, message: str | bytes
) -> None:
    ending = shared.robot().say(message)
    assert ending.text == ""
    assert ending.code in {1007, 1008}
    assert ending.reason
