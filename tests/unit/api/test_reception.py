from __future__ import annotations

import pytest
from gunicorn.http.errors import LimitRequestHeaders
from hypothesis import example, given
from hypothesis import strategies as st

from api.reception import BODY_AHEAD_BYTES, MAX_HEAD_BYTES, n_bytes_wanted

names = st.sampled_from(["Host", "Accept", "X-Request-Id", "Authorization", "Content-Type"])
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
other_headers = st.lists(st.tuples(names, values), max_size=4)
spellings = st.sampled_from([str.lower, str.upper, str.title])
bodies = st.one_of(
    st.binary(max_size=300),
    st.integers(0, 2 * BODY_AHEAD_BYTES).map(bytes),
    st.sampled_from([b"\r\n\r\n", b"0\r\n\r\n", b"\ncontent-length: 9\r\n"]),
)


def request_of(headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"POST /sessions HTTP/1.1\r\n{lines}\r\n".encode() + body


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A whole request whose length is told, or whose body comes in chunks, or that has none."""
    headers, body, spell = draw(other_headers), draw(bodies), draw(spellings)
    kind = draw(st.sampled_from(["length", "chunked", "none"]))
    if kind == "length":
        headers.append((spell("Content-Length"), str(len(body))))
        return request_of(headers, body)
    if kind == "none":
        return request_of(headers, b"")
    headers.append((spell("Transfer-Encoding"), "chunked"))
    n = draw(st.integers(1, len(body) + 1))
    pieces = [body[at : at + max(n, 64)] for at in range(0, len(body), max(n, 64))]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return request_of(headers, chunks + b"0\r\n\r\n")


@given(requests())
def test_a_whole_request_is_enough(request: bytes) -> None:
    assert n_bytes_wanted(request) <= len(request)


@given(requests(), st.floats(0, 1, exclude_max=True))
def test_what_will_never_come_is_never_waited_for(request: bytes, part: float) -> None:
    begun = request[: int(part * len(request))]
    assert n_bytes_wanted(begun) <= len(request)


@given(requests(), st.floats(0, 1, exclude_max=True))
def test_half_a_head_is_never_enough(request: bytes, part: float) -> None:
    head = request[: request.index(b"\r\n\r\n") + 3]
    begun = head[: int(part * len(head))]
    assert n_bytes_wanted(begun) > len(begun)


@given(st.integers(1, 10**12), st.integers(0, BODY_AHEAD_BYTES - 1))
def test_a_body_is_awaited_whole_or_as_far_as_is_worth_a_thread(length: int, n_come: int) -> None:
    head = request_of([("Content-Length", str(length))], b"")
    wanted = n_bytes_wanted(head + bytes(min(n_come, length)))
    assert wanted == len(head) + min(length, BODY_AHEAD_BYTES)


@given(st.binary(max_size=400))
@example(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20)
def test_any_bytes_are_judged(rubbish: bytes) -> None:
    assert n_bytes_wanted(rubbish) <= len(rubbish) + 1


@given(st.binary(max_size=400), st.booleans())
def test_a_head_that_is_too_long_is_refused_and_waited_for_no_further(
    beginning: bytes, has_end: bool
) -> None:
    head = beginning.replace(b"\n", b"") + b"x" * MAX_HEAD_BYTES
    with pytest.raises(LimitRequestHeaders):
        n_bytes_wanted(head + b"\r\n\r\n" if has_end else head)


def test_who_waits_for_leave_to_send_gets_it_at_once() -> None:
    head = request_of([("Expect", "100-continue"), ("Content-Length", "500")], b"")
    assert n_bytes_wanted(head) == len(head)


def test_chunks_that_never_end_get_a_thread_that_refuses_them() -> None:
    head = request_of([("Transfer-Encoding", "chunked")], b"")
    endless = head + b"1\r\nx\r\n" * BODY_AHEAD_BYTES
    assert n_bytes_wanted(endless) <= len(endless)
