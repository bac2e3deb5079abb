"""The processes that post pictures, against a server that answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import load_robots
from benchmarks.load import Load, run_apart, send
from benchmarks.peers import clients
from sorter.errors import SorterBotError


class Gateway(ThreadingHTTPServer):
    """Opens sessions, and refuses each third picture once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.bodies: list[tuple[str, bytes]] = []
        self.refused: set[str] = set()
        self.status = 202
        self.is_garbled = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            status, answer = self._answer(body)
        data = b"<html>" if self.server.is_garbled else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _answer(self, body: bytes) -> tuple[int, dict[str, str]]:
        bodies, refused = self.server.bodies, self.server.refused
        if self.path == "/sessions":
            return 201, {"session_id": f"s{len(bodies)}-{json.loads(body)['arm_id']}"}
        if self.server.status == 202 and len(bodies) % 3 == 2 and self.path not in refused:
            refused.add(self.path)
            return 503, {"detail": "full"}
        bodies.append((self.path, body))
        return self.server.status, {"image_id": f"i{len(bodies)}"}

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        file.write_bytes(file.name.encode() * 100)
    return files


def test_every_picture_is_accepted_once_and_a_refused_one_is_offered_again(gateway, pictures):
    arms = [("ARM1", "k1"), ("ARM2", "k2")]
    sent = send(Load(gateway.url, arms, pictures, [0.0] * 23))
    assert len({one.image_id for one in sent.posted}) == 23
    assert sum(one.n_refused for one in sent.posted) == len(gateway.refused) > 0
    assert {body for _, body in gateway.bodies} == {file.read_bytes() for file in pictures}
    assert all(one.sent_at <= one.answered_at for one in sent.posted)
    assert sent.cpu_s > 0


def test_a_session_holds_ten_pictures_each_at_a_place_of_its_own(gateway, pictures):
    sent = send(Load(gateway.url, [("ARM1", "k1")], pictures, [0.0] * 25, is_sealing=True))
    sessions = [one.session_id for one in sent.posted]
    assert [sessions.count(one) for one in dict.fromkeys(sessions)] == [10, 10, 5]
    assert len({path for path, _ in gateway.bodies}) == 25


def test_pictures_wait_until_they_are_due(gateway, pictures):
    sent = send(Load(gateway.url, [("ARM1", "k1")], pictures, [0.0, 0.3]))
    first, second = sent.posted
    assert second.due_at - first.due_at == pytest.approx(0.3)
    assert second.sent_at >= second.due_at


def test_an_answer_that_no_robot_expects_is_an_error(gateway, pictures):
    gateway.status = 500
    with pytest.raises(SorterBotError, match="500"):
        send(Load(gateway.url, [("ARM1", "k1")], pictures, [0.0]))


def test_an_answer_that_is_no_document_is_an_error_and_not_a_picture_less(gateway, pictures):
    gateway.is_garbled = True
    with pytest.raises(SorterBotError, match="JSON"):
        send(Load(gateway.url, [("ARM1", "k1")], pictures, [0.0]))


def test_a_process_apart_that_does_not_end_in_time_is_an_error(gateway, pictures):
    load = Load(gateway.url, [("ARM1", "k1")], pictures, [0.0, 60.0])
    with pytest.raises(SorterBotError, match="did not end within 1 s"):
        run_apart("benchmarks.load_robots", load.document(), 1)


def test_the_load_is_worked_off_the_same_in_this_process(gateway, pictures):
    load = json.loads(Load(gateway.url, [("ARM1", "k1")], pictures, [0.0] * 3).document())
    told = load_robots.run(load)
    assert (len(told["rows"]), told["failures"]) == (3, [])


def test_a_peers_client_notes_every_answer_and_every_broken_connection(gateway, pictures):
    load = {
        "url": f"{gateway.url}/embed",
        "bodies": [str(file) for file in pictures],
        "content_type": "image/jpeg",
        "n_clients": 2,
        "after_s": [0.0] * 4,
    }
    gateway.status = 200
    rows = clients.run(load)
    assert [row["status"] for row in rows] == [200] * 4
    nobody = clients.run({**load, "url": "http://127.0.0.1:9/embed", "after_s": [0.0]})
    assert [row["status"] for row in nobody] == [0]
