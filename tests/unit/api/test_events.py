from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.api.gateway import FakeGateway, problem_of


def events_in(text: str) -> list[dict[str, Any]]:
    """Read a stream as the standard says: blocks of ``field: value``, comments left out."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and line[0] != ":")
        if "event" in fields:
            events.append({**fields, "data": json.loads(fields["data"])})
    return events


def test_a_stream_tells_the_whole_story_and_ends_after_the_final_event(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.finish_session()
    response = gateway.get(f"/sessions/{session_id}/events")
    assert response.status_code == 200
    assert response.mimetype == "text/event-stream"
    events = events_in(response.text)
    assert [event["event"] for event in events] == [
        "session.opened",
        "image.received",
        "session.sealed",
        "image.detected",
        "session.sorting",
        "session.done",
    ]
    ids = [int(event["id"]) for event in events]
    assert ids == sorted(set(ids))
    assert all(event["data"]["session_id"] == session_id for event in events)
    assert gateway.clock.slept_s == []


def test_a_stream_that_broke_goes_on_where_it_was(gateway: FakeGateway) -> None:
    session_id = gateway.finish_session()
    whole = events_in(gateway.get(f"/sessions/{session_id}/events").text)
    for n_received, event in enumerate(whole[:-1], start=1):
        rest = gateway.get(f"/sessions/{session_id}/events", headers={"Last-Event-ID": event["id"]})
        assert events_in(rest.text) == whole[n_received:]


def test_who_has_everything_of_a_session_that_is_over_need_not_come_back(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.finish_session()
    last = events_in(gateway.get(f"/sessions/{session_id}/events").text)[-1]["id"]
    response = gateway.get(f"/sessions/{session_id}/events", headers={"Last-Event-ID": last})
    assert (response.status_code, response.data) == (204, b"")


def test_events_are_told_as_they_happen(gateway: FakeGateway) -> None:
    session_id = gateway.open_session(expected_images=1)

    def work() -> None:
        n_slept = len(gateway.clock.slept_s)
        if n_slept == 3:
            gateway.post_image(session_id)
        elif n_slept == 6:
            gateway.detect(session_id)
            gateway.sort(session_id)

    gateway.clock.on_sleep = work
    events = events_in(gateway.get(f"/sessions/{session_id}/events").text)
    assert [event["event"] for event in events][-1] == "session.done"
    assert len(gateway.clock.slept_s) == 6


def test_a_quiet_stream_shows_that_it_lives_and_ends_after_its_time(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.open_session()
    text = gateway.get(f"/sessions/{session_id}/events").text
    assert [event["event"] for event in events_in(text)] == ["session.opened"]
    assert text.count(": still here\n\n") == 5
    assert sum(gateway.clock.slept_s) == pytest.approx(60)


def test_a_stream_ends_quietly_when_the_database_goes_away(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()

    def go_away() -> None:
        gateway.store.is_down = True

    gateway.clock.on_sleep = go_away
    response = gateway.get(f"/sessions/{session_id}/events")
    assert len(events_in(response.text)) == 1


def test_one_stream_more_than_may_be_open_is_told_to_come_back() -> None:
    gateway = FakeGateway(max_streams=1)
    session_id = gateway.open_session()
    inner = []

    def second() -> None:
        gateway.clock.on_sleep = lambda: None
        inner.append(gateway.get(f"/sessions/{session_id}/events"))

    gateway.clock.on_sleep = second
    with gateway.get(f"/sessions/{session_id}/events") as first:
        assert first.text
    problem_of(inner[0], 503, "streams-full")
    assert inner[0].headers["Retry-After"] == "5"
    assert gateway.get(f"/sessions/{session_id}/events").status_code == 200


def test_asking_for_the_head_alone_takes_no_place() -> None:
    gateway = FakeGateway(max_streams=1)
    session_id = gateway.open_session()
    for _ in range(3):
        response = gateway.client.head(f"/sessions/{session_id}/events", headers=gateway.headers)
        assert response.status_code == 200


@pytest.mark.parametrize("last", ["-1", "first", "1.5", str(2**63)])
def test_a_last_event_that_cannot_have_been_is_refused(gateway: FakeGateway, last: str) -> None:
    session_id = gateway.open_session()
    response = gateway.get(f"/sessions/{session_id}/events", headers={"Last-Event-ID": last})
    problem_of(response, 422, "invalid-input")
