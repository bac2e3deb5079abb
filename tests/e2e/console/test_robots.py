"""What operators see of original robots, and how they start one."""

from __future__ import annotations

import json

import pytest
import websocket

from cli.stack import LocalStack
from tests.e2e.console.chromium import PHONE
from tests.e2e.console.conftest import OpenWindow
from tests.e2e.robots import NEARER, photographs
from tests.original_robot import OriginalRobot

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

ARM_ID = "WAITING"
LOADED = """() => [...document.querySelectorAll(".panorama")].filter(
    one => (one.scrollIntoView(), one.complete && one.naturalWidth > 300)).length === 2"""


def check_in(connection: websocket.WebSocket) -> object:
    said = {"command": "send_conn_status", "arm_id": ARM_ID, "cloud_conn_status": 1}
    connection.send(json.dumps(said))
    return json.loads(connection.recv())


def test_a_robot_that_waits_is_started_by_its_button(
    stack: LocalStack, signed_in: OpenWindow
) -> None:
    connection = websocket.create_connection(f"ws://{stack.robot_door_address}/rpi/", timeout=120)
    assert check_in(connection) == 0
    with signed_in(size=PHONE) as window:
        page = window.open("/console")
        page.get_by_role("button", name=f"Start {ARM_ID}").click()
        page.get_by_text("starts at its next check-in").wait_for()
        assert [check_in(connection), check_in(connection)] == [1, 0]
        page.get_by_text("ready", exact=True).wait_for()
        window.check_accessible()
        page.locator("#robots").scroll_into_view_if_needed()
        window.shoot("robots")
    connection.close()


def test_a_robots_table_is_shown_before_and_after_its_commands(
    stack: LocalStack, signed_in: OpenWindow
) -> None:
    robot = OriginalRobot(stack.robot_door_address, "BEFOREAFTER", NEARER)
    session = robot.begin_session()
    before = dict(list(photographs().items())[1:3])
    assert robot.send_pictures(session, before)
    robot.ask_commands(session)
    after = {position_pw: data + b" later" for position_pw, data in before.items()}
    assert robot.send_pictures(session, after, is_after=True)
    robot.end_after_pictures(session)
    [kept] = stack.store.find_sessions(f"robot/{session}/before/", robot.arm_id)
    with signed_in() as window:
        page = window.open(f"/console/sessions/{kept.session_id}")
        drawn = page.locator("#before-after ~ ul img")
        drawn.nth(1).wait_for()
        page.wait_for_function(LOADED)
        window.check_accessible()
        page.locator("#before-after").scroll_into_view_if_needed()
        window.shoot("before-after")
