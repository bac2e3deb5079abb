from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.robot_door.messages import (
    MAX_HEADER_BYTES,
    SEPARATOR,
    AfterPicturesEnded,
    CheckInSaid,
    CommandsWanted,
    MessageError,
    parse_order,
    parse_panel_message,
    parse_picture,
)
from tests.original_robot import CONSTANTS, commands_message, picture_message

names = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
pieces = st.lists(st.binary(max_size=20), min_size=1, max_size=5)


@given(names, names, st.integers(0, 20_000), pieces, st.booleans())
def test_a_picture_is_what_stands_behind_the_first_separator(
    arm_id: str, session: str, position_pw: int, parts: list[bytes], is_after: bool
) -> None:
    data = SEPARATOR.join(parts)
    message = picture_message(arm_id, session, f"{position_pw}.jpg", data, is_after)
    picture = parse_picture(message)
    assert picture.data == data
    assert picture.header.position_pw == position_pw
    assert (picture.header.arm_id, picture.header.session_id) == (arm_id, session)
    assert (picture.header.command == "recv_img_after") == is_after


@given(st.binary(max_size=200))
def test_bytes_are_a_picture_or_refused(message: bytes) -> None:
    with pytest.raises(MessageError):
        parse_picture(message)


def test_a_header_may_be_as_long_as_it_is_allowed_and_no_longer() -> None:
    message = picture_message("A", "S1", "1200.jpg", b"x")
    header, _, data = message.partition(SEPARATOR)
    longest = header.ljust(MAX_HEADER_BYTES) + SEPARATOR + data
    assert parse_picture(longest).data == b"x"
    with pytest.raises(MessageError, match="SPLIT"):
        parse_picture(header.ljust(MAX_HEADER_BYTES + 1) + SEPARATOR + data)


def test_orders_are_read_with_all_that_a_robot_tells_beside_them() -> None:
    wanted = parse_order(commands_message("ARM001", "S12", CONSTANTS))
    assert isinstance(wanted, CommandsWanted)
    assert wanted.arm_constants.arm_radius == 1500
    ended = parse_order('{"command": "stitch_after_image", "arm_id": "A", "session_id": "S1"}')
    assert isinstance(ended, AfterPicturesEnded)


@pytest.mark.parametrize(("told", "is_ready"), [(1, True), (0, False), (True, True)])
def test_a_check_in_says_whether_the_robot_is_ready(told: object, is_ready: bool) -> None:
    said = {"command": "send_conn_status", "arm_id": "A", "cloud_conn_status": told}
    message = parse_panel_message(json.dumps(said))
    assert isinstance(message, CheckInSaid)
    assert message.cloud_conn_status is is_ready


@given(st.text(max_size=200))
def test_text_is_an_order_or_refused(message: str) -> None:
    for parse in (parse_order, parse_panel_message):
        with pytest.raises(MessageError):
            parse(message)
