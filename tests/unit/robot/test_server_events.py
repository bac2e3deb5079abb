from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.server_events import ServerEvent, read_events

EVENTS = st.lists(
    st.builds(
        ServerEvent,
        st.integers(0, 2**63),
        st.sampled_from(["image.detected", "session.done"]),
        st.dictionaries(st.sampled_from("ab"), st.integers() | st.sampled_from(["", "\n", ": x"])),
    ),
    max_size=5,
)


def written(event: ServerEvent) -> list[str]:
    return [f"id: {event.event_id}", f"event: {event.kind}", f"data: {json.dumps(event.data)}", ""]


@given(EVENTS)
def test_what_was_written_is_read(events):
    lines = ["retry: 1000", "", *(line for event in events for line in written(event))]
    assert list(read_events(lines)) == events


@given(EVENTS, st.data())
def test_an_event_that_was_cut_off_does_not_count(events, data):
    lines = [line for event in events for line in written(event)]
    n = data.draw(st.integers(0, len(lines)))
    assert list(read_events(lines[:n])) == events[: n // 4]


def test_comments_and_unknown_fields_are_passed_over():
    lines = [": still here", "colour: red", "id:7", "data:{", "data:}", ""]
    assert list(read_events(lines)) == [ServerEvent(7, "message", {})]


def test_nonsense_is_told():
    with pytest.raises(ValueError, match="one"):
        list(read_events(["id: one", "data: {}", ""]))
