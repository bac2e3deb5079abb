"""Who is let in, and what the door says of itself."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from ipaddress import ip_network

import pytest
import websocket

from tests.integration.api.robot_door.opened import OpenDoor, await_that, open_door
from tests.original_robot import OriginalRobot
from tests.unit.api.picture_bytes import make_jpeg

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize("path", ["", "/", "/any/path/at/all", "/?query=1"])
def test_any_path_leads_to_the_door(door: OpenDoor, path: str) -> None:
    robot = OriginalRobot(door.address + path)
    assert robot.is_door_there()
    assert robot.send_picture("S1", 1200, make_jpeg()).text == "true"


def test_it_says_that_it_lives_and_what_it_counts(door: OpenDoor) -> None:
    door.robot().send_picture("S1", 1200, make_jpeg())
    assert get(door, "/healthz") == (200, "ok\n")
    status, text = get(door, "/metrics")
    assert status == 200
    assert 'sorterbot_door_messages_total{command="picture",end="answered"} 1.0' in text


def test_who_lacks_the_token_is_not_let_in() -> None:
    with open_door(token=TOKEN) as door:
        for path in ("", "/", f"/{TOKEN}x", f"/{TOKEN[:-1]}", "/rpi/", f"/x/{TOKEN}"):
            with pytest.raises(websocket.WebSocketBadStatusException):
                websocket.create_connection(f"ws://{door.address}{path}", timeout=30)
        robot = OriginalRobot(f"{door.address}/{TOKEN}")
        assert robot.send_picture("S1", 1200, make_jpeg()).text == "true"
        assert robot.begin_session() == "S2"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            OriginalRobot(door.address).begin_session()


def test_only_networks_that_may_are_let_in() -> None:
    with open_door(networks=(ip_network("192.0.2.0/24"),)) as door:
        assert not door.robot().is_door_there()
        assert get(door, "/healthz")[0] == 403
    with open_door(networks=(ip_network("192.0.2.0/24"), ip_network("127.0.0.0/8"))) as door:
        assert door.robot().is_door_there()


def test_a_full_door_says_so_and_has_room_again_when_somebody_went() -> None:
    with open_door(max_connections=1) as door:
        with socket.create_connection(("127.0.0.1", door.server.port), timeout=30):
            await_that(lambda: get(door, "/healthz")[0] == 503)
        await_that(lambda: get(door, "/healthz")[0] == 200)


def test_who_sends_half_a_request_or_none_harms_nobody(door: OpenDoor) -> None:
    peers = [socket.create_connection(("127.0.0.1", door.server.port)) for _ in range(20)]
    for peer, said in zip(
        peers, (b"", b"GE", b"GET / HT", b"POST / HTTP/1.1\r\n") * 5, strict=True
    ):
        peer.sendall(said)
    assert door.robot().send_picture("S1", 1200, make_jpeg()).text == "true"
    for peer in peers:
        peer.close()
    get_sample = door.context.metrics.registry.get_sample_value
    await_that(lambda: get_sample("sorterbot_door_connections") == 0)


def get(door: OpenDoor, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{door.address}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
