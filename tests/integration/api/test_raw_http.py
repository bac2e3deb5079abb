"""What no library would send, against a real gateway: one clear answer each, and nothing kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection

import pytest

from tests.integration.api.raw import exchange, post_head
from tests.integration.api.running import MAX_BYTES, RunningGateway
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services

PICTURE = make_jpeg()
LENGTH = len(PICTURE)
CHUNKED = "Transfer-Encoding: chunked"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (LENGTH, PICTURE)

Make = Callable[[RunningGateway, str], bytes]


def with_headers(*headers: str, body: bytes = PICTURE) -> Make:
    return lambda gateway, session_id: post_head(gateway, session_id, *headers) + body


def with_length(length: object, body: bytes = PICTURE) -> Make:
    return with_headers(f"Content-Length: {length}", body=body)


def in_chunks(body: bytes) -> Make:
    return with_headers(CHUNKED, body=body)


def line(text: bytes) -> Make:
    return lambda *_: text + b"\r\nHost: gateway\r\nConnection: close\r\n\r\n"


REFUSED: dict[str, tuple[Make, int]] = {
    "a length below the body's": (with_length(LENGTH - 5), 422),
    "a length above the body's": (with_length(LENGTH + 5), 400),
    "a negative length": (with_length(-1), 400),
    "a length in words": (with_length("ten"), 400),
    "a length of 400 digits": (with_length("9" * 400), 413),
    "two lengths that agree": (
        with_headers(f"Content-Length: {LENGTH}", f"Content-Length: {LENGTH}"),
        400,
    ),
    "two lengths that differ": (
        with_headers(f"Content-Length: {LENGTH}", "Content-Length: 3"),
        400,
    ),
    "a length and chunks": (with_headers(f"Content-Length: {LENGTH}", CHUNKED, body=CHUNKS), 400),
    "no length": (with_headers(), 415),
    "chunks without end": (in_chunks(CHUNKS[:-5]), 400),
    "a chunk that is cut": (in_chunks(CHUNKS[:50]), 400),
    "a chunk whose size is no number": (in_chunks(b"zz\r\n" + CHUNKS), 400),
    "a chunk of negative size": (in_chunks(b"-5\r\n" + CHUNKS), 400),
    "a chunk longer than it says": (in_chunks(b"5\r\n" + PICTURE + b"\r\n0\r\n\r\n"), 400),
    "a chunk of absurd size": (in_chunks(b"f" * 30 + b"\r\n" + PICTURE), 400),
    "a broken trailer": (in_chunks(CHUNKS[:-2] + b"no trailer\r\n\r\n"), 400),
    "endless talk about a chunk": (in_chunks(b"5;" + b"a" * 70_000 + b"\r\n"), 400),
    "a coding that nobody knows": (with_headers("Transfer-Encoding: shrunk"), 400),
    "an expectation that nobody knows": (with_headers("Expect: tea"), 417),
    "a header of 100 KB": (with_headers("X-Long: " + "a" * 100_000), 431),
    "a header of 5 KB": (with_headers("X-Long: " + "a" * 5_000), 431),
    "500 headers": (with_headers(*(f"X-{n}: a" for n in range(500))), 431),
    "a header with NUL": (with_headers("X-Name: a\x00b"), 400),
    "a header without colon": (with_headers("X-Name a"), 400),
    "a header that begins with a space": (with_headers(" folded: a"), 400),
    "NUL in the path": (line(b"GET /sess\x00ions HTTP/1.1"), 400),
    "NUL written in the path": (line(b"GET /sessions/%00 HTTP/1.1"), 401),
    "a path out of the page's folder": (line(b"GET /docs/assets/..%2f..%2fapp.py HTTP/1.1"), 404),
    "the same, unquoted": (line(b"GET /docs/assets/../../../../etc/passwd HTTP/1.1"), 404),
    "a path of 5 KB": (line(b"GET /" + b"a" * 5_000 + b" HTTP/1.1"), 414),
    "a method that is none": (line(b"BREW /healthz HTTP/1.1"), 405),
    "a method with NUL": (line(b"G\x00T /healthz HTTP/1.1"), 400),
    "no version": (line(b"GET /healthz"), 400),
    "a version that is none": (line(b"GET /healthz HTTP/9.9"), 400),
    "the beginning of HTTP/2": (lambda *_: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
}


@pytest.fixture(scope="module")
def session_id(shared: RunningGateway) -> str:
    return shared.open_session()


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_broken_gets_one_problem_document_and_nothing_is_kept(
    shared: RunningGateway, session_id: str, case: str
) -> None:
    make, status = REFUSED[case]
    [answer] = exchange(shared, make(shared, session_id), is_all=True)
    assert answer.status == status, answer
    assert answer.problem
    assert shared.n_kept == 0
    assert shared.store.load_session(session_id).n_images == 0


ACCEPTED: dict[str, Make] = {
    "its length": with_length(LENGTH),
    "chunks": in_chunks(CHUNKS),
    "chunks of one byte": in_chunks(
        b"".join(b"1;ext=1\r\n%c\r\n" % byte for byte in PICTURE) + b"0\r\n\r\n"
    ),
    "a trailer": in_chunks(CHUNKS[:-2] + b"X-Sum: 5\r\n\r\n"),
    "no host": lambda gateway, session_id: with_length(LENGTH)(gateway, session_id).replace(
        b"Host: gateway\r\n", b""
    ),
    "headers of another server": with_headers(
        f"Content-Length: {LENGTH}", "SCRIPT_NAME: /elsewhere", "X-Forwarded-For: ' OR 1=1"
    ),
    "bytes that are no text": with_headers(f"Content-Length: {LENGTH}", "X-Request-Id: \xff\xfe"),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_is_odd_and_whole_is_taken(shared: RunningGateway, case: str) -> None:
    own_session = shared.open_session()
    [answer] = exchange(shared, ACCEPTED[case](shared, own_session), is_all=True)
    assert answer.status == 202, answer
    assert json.loads(answer.body)["n_bytes"] == LENGTH


def test_requests_that_stand_one_behind_the_other_are_answered_in_turn(
    shared: RunningGateway,
) -> None:
    own_session = shared.open_session()
    picture = with_length(LENGTH)(shared, own_session).replace(b"Connection: close\r\n", b"")
    probe = b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n"
    sent = (probe + b"\r\n") * 20 + picture + probe + b"Connection: close\r\n\r\n"
    statuses = [answer.status for answer in exchange(shared, sent)]
    assert statuses == [200] * 20 + [202, 200]


def test_what_follows_a_refused_body_is_not_taken_for_a_request(shared: RunningGateway) -> None:
    own_session = shared.open_session()
    hidden = f"POST /sessions/{own_session}/complete HTTP/1.1\r\nHost: gateway\r\n"
    hidden += f"Authorization: Bearer {shared.key}\r\n\r\n"
    outer = b"POST /sessions HTTP/1.1\r\nHost: gateway\r\nContent-Length: 4000\r\n\r\n"
    [answer] = exchange(shared, outer + hidden.encode(), is_all=True)
    assert answer.status == 401
    assert shared.call("GET", f"/sessions/{own_session}")[1]["state"] == "open"


def test_a_sender_who_is_refused_hears_so_and_may_send_its_next_picture(
    shared: RunningGateway,
) -> None:
    own_session = shared.open_session()
    path = f"/sessions/{own_session}/images/1500"
    headers = {"Authorization": f"Bearer {shared.key}"}
    connection = HTTPConnection("127.0.0.1", shared.port, timeout=20)
    for body, status in [(b"no picture", 415), (bytes(MAX_BYTES + 1), 413), (PICTURE, 202)]:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        assert answer.status == status
        answer.read()
    connection.close()


def test_what_is_no_http_is_logged_without_a_word_of_it(shared: RunningGateway) -> None:
    probe = f"GET /healthz HTTP/1.1\r\nAuthorization Bearer {shared.key}\r\n\r\n".encode()
    [answer] = exchange(shared, probe)
    secret = shared.key.split("_", 2)[2]
    assert answer.status == 400
    assert secret.encode() not in answer.body
    assert "InvalidHeader" in shared.log
    assert secret not in shared.log
