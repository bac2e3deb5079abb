"""The control panel's other end, for robots whose panel is gone."""

from __future__ import annotations

import http.client
import json
import logging.handlers
import urllib.error
import urllib.request

import pytest
import websocket
from structlog.testing import capture_logs

from tests.integration.api.robot_door.opened import OpenDoor
from tests.unit.api.picture_bytes import make_jpeg


def test_each_session_gets_a_name_that_pictures_can_be_sent_under(door: OpenDoor) -> None:
    robot = door.robot()
    names = [robot.begin_session() for _ in range(3)]
    assert names == ["S1", "S2", "S3"]
    assert door.robot("ARM002").begin_session() == "S1", "names are one arm's alone"
    assert robot.send_picture("S2", 1200, make_jpeg()).text == "true"
    counts = {s.idempotency_key: s.n_images for s in door.store.find_sessions("robot/", "ARM001")}
    assert counts == {
        "robot/S1/before/1": 0,
        "robot/S2/before/1": 1,
        "robot/S3/before/1": 0,
    }


def test_names_go_on_where_another_panel_left_off(door: OpenDoor) -> None:
    door.robot().send_picture("S512", 1200, make_jpeg())
    assert door.robot().begin_session() == "S513"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"arm": "../x"}', b'{"arm": 1}', b"\xff"])
def test_who_names_no_arm_gets_no_session(door: OpenDoor, body: bytes) -> None:
    assert post(door, "/api/sessions/", body)[0] == 422
    assert door.store.find_sessions("robot/") == []


def test_a_log_record_is_taken_as_python_sends_it(door: OpenDoor) -> None:
    handler = logging.handlers.HTTPHandler(door.address, "/log/", method="POST")
    arguments = {"arm_id": "ARM001", "session_id": "S12", "log_type": 1200, "bm_id": 1.5}
    record = logging.LogRecord("SORTERBOT_RASPBERRY", 20, "p", 1, "Bytes read", arguments, None)
    with capture_logs() as logs:
        handler.emit(record)
    said = [line for line in logs if line["event"] == "robot_says"]
    assert said[0] | {"said": "Bytes read", "session_id": "S12", "bm_id": 1.5} == said[0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"args=__import__('os').getcwd()",
        b"args={'arm_id': 'A'}",
        b"args=" + b"[" * 5000,
        b"args={'arm_id': '../x', 'session_id': 'S1'}",
        b"a=1&" * 200,
    ],
)
def test_what_is_no_log_record_is_refused(door: OpenDoor, body: bytes) -> None:
    assert post(door, "/log/", body)[0] == 422


def test_other_calls_and_long_bodies_are_refused(door: OpenDoor) -> None:
    assert post(door, "/api/arms/", b"{}")[0] == 404
    assert post(door, "/log/", b"a" * 70_000)[0] == 422


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [("//[/", "0", 404), ("/log/", "9" * 5000, 422), ("/log/", "-1", 422), ("/log/", "", 422)],
)
def test_a_request_that_makes_no_sense_is_answered(
    door: OpenDoor, path: str, length: str, status: int
) -> None:
    connection = http.client.HTTPConnection(door.address, timeout=30)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", length)
    connection.endheaders()
    with connection.getresponse() as answer:
        assert answer.status == status
    connection.close()


def test_a_robot_is_started_once_when_somebody_wishes_it(door: OpenDoor) -> None:
    address = f"ws://{door.address}/rpi/"
    connection = websocket.create_connection(address, timeout=30)
    opened = connection.sock

    def check_in(is_ready: int) -> object:
        said = {"command": "send_conn_status", "arm_id": "ARM7", "cloud_conn_status": is_ready}
        connection.send(json.dumps(said))
        return json.loads(connection.recv())

    assert [check_in(1), check_in(0)] == [0, 0]
    door.store.ask_start("ARM7")
    assert [check_in(0), check_in(1), check_in(1)] == [0, 1, 0]
    connection.send(json.dumps({"command": "get_cloud_ip", "arm_id": "ARM7"}))
    assert json.loads(connection.recv()) == "Local Mode"
    connection.send("{}")
    assert connection.recv() == ""
    opened.close()
    assert [said.arm_id for said in door.store.load_check_ins()] == ["ARM7"]


def test_no_robot_is_started_or_sent_away_while_the_rows_are_away(door: OpenDoor) -> None:
    connection = websocket.create_connection(f"ws://{door.address}/rpi/", timeout=30)
    said = json.dumps({"command": "send_conn_status", "arm_id": "ARM7", "cloud_conn_status": 1})
    answers = []
    for is_down in (False, True, False):
        door.store.is_down = is_down
        connection.send(said)
        answers.append(json.loads(connection.recv()))
        if not is_down:
            door.store.ask_start("ARM7")
    connection.close()
    assert answers == [0, 0, 1]


def post(door: OpenDoor, path: str, body: bytes) -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://{door.address}{path}", body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
