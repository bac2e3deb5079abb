from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.types import ImageSize
from storage import events
from storage.events import NewEvent
from storage.feeds import FeedEvent
from storage.records import Event, ImageRecord, ImageState, Outcome, SessionState
from workers.panel_records import PanelRecord, log_record, panel_records

AT = datetime(2026, 3, 1, 12, 30, 15, 678_000, tzinfo=UTC)

REASONS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)


def image(position_pw: float = 1200.0, failure: str | None = None) -> ImageRecord:
    return ImageRecord(
        "i", "s", 0, position_pw, ImageState.RECEIVED, "s/k.jpg", "0", ImageSize(1, 1), 1, 1,
        failure, AT, None, None,
    )  # fmt: skip


def told(event: NewEvent) -> FeedEvent:
    return FeedEvent(Event(7, "s", *event, AT), "ARM001", "robot/S12/before/1")


def steps(event: NewEvent, *, in_bucket: bool = False) -> list[tuple[str, int | None]]:
    found = panel_records(told(event), in_bucket=in_bucket)
    return [(record.log_type, record.bm_id) for record in found]


def sent(record: PanelRecord, event: NewEvent) -> tuple[dict[str, object], dict[str, str]]:
    """Return what the panel makes of a record: its ``args``, and the fields beside."""
    form = urlencode(log_record(record, told(event), "S12").__dict__)
    fields = {name: values[0] for name, values in parse_qs(form, True).items()}
    return json.loads(fields["args"].replace("'", '"')), fields


def test_a_session_s_steps_come_in_the_original_s_numbers() -> None:
    story = [
        events.session_opened("ARM001", None),
        events.image_received(image()),
        events.image_detected(image(), 3, "detector@1"),
        events.session_sealed(1, is_overdue=False),
        events.session_sorting(1),
        events.session_sorted(SessionState.DONE, {"commands": [{}]}, 0),
    ]
    assert [step for event in story for step in steps(event)] == [
        ("1200", 2), ("1200", 5), ("1200", 3), ("1200", 7), ("comm_gen", 9), ("comm_gen", 10),
        ("comm_gen", 15), ("comm_gen", 16),
    ]  # fmt: skip


def test_pictures_in_a_bucket_are_told_as_such() -> None:
    assert steps(events.image_received(image()), in_bucket=True) == [("1200", 2), ("1200", 6)]


@pytest.mark.parametrize(
    ("event", "log_type"),
    [
        (events.image_failed(image(failure="truncated")), "1200"),
        (events.session_failed("1 of 3 pictures could be read"), "comm_gen"),
    ],
)
def test_what_failed_is_an_error_with_its_reason_and_no_step(
    event: NewEvent, log_type: str
) -> None:
    (record,) = panel_records(told(event), in_bucket=False)
    assert (record.log_type, record.bm_id, record.level) == (log_type, None, logging.ERROR)
    assert record.text.endswith(str(event[1]["reason"]))


def test_a_session_whose_robot_is_gone_is_shown_as_finished() -> None:
    records = panel_records(told(events.session_sealed(2, is_overdue=True)), in_bucket=False)
    assert [record.is_last for record in records] == [False, True]
    about, _ = sent(records[-1], events.session_sealed(2, is_overdue=True))
    assert about["session_finished"] == 1


def test_what_the_robot_managed_is_counted() -> None:
    outcomes = [Outcome(0, "picked", None), Outcome(1, "missed", None), Outcome(2, "picked", None)]
    (record,) = panel_records(told(events.outcomes_saved(outcomes)), in_bucket=False)
    assert (record.log_type, record.text) == (
        "comm_exec",
        "Commands carried out: missed 1, picked 2.",
    )


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_panorama_is_shown_under_its_own_type(which: str) -> None:
    assert steps(("panorama.saved", {"which": which})) == [("comm_gen", 13), (which, 14)]


@given(REASONS, st.floats(0, 10_000).map(lambda pw: round(pw, 1)))
def test_the_panel_can_read_whatever_a_reason_says(reason: str, position_pw: float) -> None:
    event = events.image_failed(image(position_pw, failure=reason))
    (record,) = panel_records(told(event), in_bucket=False)
    about, fields = sent(record, event)
    assert about == {"arm_id": "ARM001", "session_id": "S12", "log_type": f"{position_pw:g}"}
    assert fields["msg"] == record.text


@given(st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_record_s_time_is_the_event_s(at: datetime) -> None:
    event = Event(7, "s", *events.session_sorting(1), at)
    record = log_record(PanelRecord("comm_gen", "text", 10), FeedEvent(event, "A", None), "S1")
    assert abs(datetime.fromtimestamp(record.created, UTC) - at) < timedelta(milliseconds=1)
    assert 0 <= record.msecs < 1000
