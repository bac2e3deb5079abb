from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.faults.checker import GRACE_S, check_ledger, check_session
from cli.faults.evidence import Evidence
from cli.faults.findings import Harm
from cli.faults.reference import StandInReference
from cli.faults.tables import POSITIONS_PW
from sorter.types import Detections
from storage.records import Event, ImageState, SessionState
from tests.unit.cli.faults.sorted_session import SortedSession, sorted_session

REFERENCE = StandInReference()
Tampering = Callable[[Evidence], Evidence]


@pytest.fixture(scope="module")
def clean() -> SortedSession:
    return sorted_session()


def harms(session: SortedSession, evidence: Evidence | None) -> list[Harm]:
    return [one.harm for one in check_session(session.entry, evidence, REFERENCE)]


def without_image(evidence: Evidence) -> Evidence:
    return replace(evidence, images=evidence.images[1:])


def without_bytes(evidence: Evidence) -> Evidence:
    lost = evidence.images[0].image_id
    kept = {name: data for name, data in evidence.pictures.items() if name != lost}
    return replace(evidence, pictures=kept)


def with_other_bytes(evidence: Evidence) -> Evidence:
    first, second = evidence.images[0].image_id, evidence.images[1].image_id
    return replace(evidence, pictures={**evidence.pictures, first: evidence.pictures[second]})


def with_other_sha256(evidence: Evidence) -> Evidence:
    first, *others = evidence.images
    return replace(evidence, images=(replace(first, sha256="0" * 64), *others))


def with_unfinished_image(evidence: Evidence) -> Evidence:
    first, *others = evidence.images
    return replace(evidence, images=(replace(first, state=ImageState.DETECTING), *others))


def with_no_end(evidence: Evidence) -> Evidence:
    session = replace(evidence.session, state=SessionState.SEALED, finished_at=None)
    events = evidence.events[: [event.kind for event in evidence.events].index("session.sorting")]
    return replace(evidence, session=session, plan=None, events=events)


def with_events_before(evidence: Evidence, event: Event, before: Sequence[Event]) -> Evidence:
    at = evidence.events.index(event)
    return replace(evidence, events=(*evidence.events[:at], *before, *evidence.events[at:]))


@pytest.mark.parametrize(
    ("tamper", "n_lost"),
    [
        (without_image, 1),
        (without_bytes, 1),
        (with_other_bytes, 1),
        (with_other_sha256, 1),
        (with_unfinished_image, 1),
        (with_no_end, 4),
        (lambda _: None, 4),
    ],
)
def test_a_picture_is_lost_that_lacks_row_or_bytes_or_end(clean, tamper, n_lost):
    assert harms(clean, tamper(clean.evidence)).count(Harm.LOST) == n_lost


def again(kind: str) -> Tampering:
    """Tell the last event of a kind once more."""

    def tamper(evidence: Evidence) -> Evidence:
        last = [event for event in evidence.events if event.kind == kind][-1]
        at = evidence.events.index(last)
        return replace(evidence, events=(*evidence.events[:at], last, *evidence.events[at:]))

    return tamper


def with_row_twice(evidence: Evidence) -> Evidence:
    extra = replace(evidence.images[0], image_id="another", index=len(evidence.images))
    return replace(evidence, images=(*evidence.images, extra))


def with_index_twice(evidence: Evidence) -> Evidence:
    first, second, *others = evidence.images
    return replace(evidence, images=(first, replace(second, index=first.index), *others))


def with_detections_twice(evidence: Evidence) -> Evidence:
    image_id, found = next(iter(evidence.detections.items()))
    twice = Detections(
        np.concatenate([found.xyxy_px, found.xyxy_px]),
        np.concatenate([found.labels, found.labels]),
        np.concatenate([found.scores, found.scores]),
    )
    return replace(evidence, detections={**evidence.detections, image_id: twice})


def with_item_twice(evidence: Evidence) -> Evidence:
    assert evidence.plan is not None
    items = evidence.plan["items"]
    return replace(evidence, plan={**evidence.plan, "items": [*items, items[0]]})


@pytest.mark.parametrize(
    "tamper",
    [
        with_row_twice,
        with_index_twice,
        with_detections_twice,
        with_item_twice,
        again("image.received"),
        again("image.detected"),
        again("session.done"),
    ],
)
def test_what_comes_twice_is_doubled(clean, tamper):
    assert Harm.DOUBLED in harms(clean, tamper(clean.evidence))


def moved(kind: str, where: int) -> Tampering:
    """Let the first event of a kind have come at another place."""

    def tamper(evidence: Evidence) -> Evidence:
        one = next(event for event in evidence.events if event.kind == kind)
        others = [event for event in evidence.events if event is not one]
        others.insert(where, one)
        return replace(evidence, events=tuple(others))

    return tamper


def with_other_state(evidence: Evidence) -> Evidence:
    return replace(evidence, session=replace(evidence.session, state=SessionState.PARTIAL))


def ended_late(evidence: Evidence) -> Evidence:
    late = evidence.session.deadline_at + timedelta(seconds=GRACE_S + 1)
    return replace(evidence, session=replace(evidence.session, finished_at=late))


def without_plan(evidence: Evidence) -> Evidence:
    return replace(evidence, plan=None)


def without_last_event(evidence: Evidence) -> Evidence:
    return replace(evidence, events=evidence.events[:-1])


def with_failed_image(evidence: Evidence) -> Evidence:
    first, *others = evidence.images
    failed = replace(first, state=ImageState.FAILED, failure="a bad day")
    return replace(evidence, images=(failed, *others))


def with_commands(change: Callable[[list[Any]], list[Any]]) -> Tampering:
    def tamper(evidence: Evidence) -> Evidence:
        assert evidence.plan is not None
        commands = change(evidence.plan["commands"])
        return replace(evidence, plan={**evidence.plan, "commands": commands})

    return tamper


def nudged(commands: list[Any]) -> list[Any]:
    pick = {**commands[0]["pick"], "servo0_pw": commands[0]["pick"]["servo0_pw"] + 1e-6}
    return [{**commands[0], "pick": pick}, *commands[1:]]


def with_shifted_box(evidence: Evidence) -> Evidence:
    image_id, found = next(iter(evidence.detections.items()))
    shifted = replace(found, xyxy_px=found.xyxy_px + np.float32(1))
    return replace(evidence, detections={**evidence.detections, image_id: shifted})


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (moved("session.sorting", 1), "before picture"),
        (moved("session.sorting", 1), "before it was sealed"),
        (moved("image.detected", -1), "before picture"),
        (with_other_state, "it is partial, not done"),
        (with_other_state, "no event says so"),
        (ended_late, "too late"),
        (without_plan, "without a plan"),
        (without_last_event, "no event says so"),
        (with_failed_image, "failed: a bad day"),
        (with_commands(lambda commands: commands[1:]), "commands differ"),
        (with_commands(lambda commands: commands[::-1]), "commands differ"),
        (with_commands(nudged), "commands differ"),
        (with_shifted_box, "shows"),
    ],
)
def test_any_other_broken_promise_is_unexpected_and_told(clean, tamper, says):
    found = check_session(clean.entry, tamper(clean.evidence), REFERENCE)
    assert any(one.harm is Harm.UNEXPECTED and says in one.sentence for one in found), found


@pytest.mark.parametrize(("n_more_ends", "n_doubled"), [(0, 0), (1, 1)])
def test_a_picture_that_was_replayed_may_come_to_one_more_end(clean, n_more_ends, n_doubled):
    detected = next(one for one in clean.evidence.events if one.kind == "image.detected")
    failed, replayed = (replace(detected, kind=f"image.{kind}") for kind in ("failed", "replayed"))
    before = [failed, replayed, *[detected] * n_more_ends]
    evidence = with_events_before(clean.evidence, detected, before)
    assert harms(clean, evidence) == [Harm.DOUBLED] * n_doubled


def test_a_picture_that_no_robot_sent_is_unexpected(clean):
    entry = replace(clean.entry, offers={})
    found = check_session(entry, clean.evidence, REFERENCE)
    assert [one.harm for one in found] == [Harm.UNEXPECTED] * 4
    assert all("was never sent" in one.sentence for one in found)


@settings(max_examples=6)  # each plans a whole session
@given(st.integers(0, 30), st.integers(2, 6))
def test_a_session_that_went_well_breaks_no_promise(table, n_pictures):
    session = sorted_session(table, n_pictures)
    assert check_ledger(session.ledger, session.store, session.images, REFERENCE) == []


@settings(max_examples=6)  # each plans a whole session
@given(st.integers(0, 30), st.sets(st.sampled_from(POSITIONS_PW), min_size=1, max_size=3))
def test_pictures_that_were_declared_to_fail_are_expected_and_the_rest_is_sorted_alike(
    table: int, failing: set[float]
) -> None:
    session = sorted_session(table, 6, sorted(failing))
    assert session.evidence.session.state is SessionState.PARTIAL
    assert check_ledger(session.ledger, session.store, session.images, REFERENCE) == []


def test_a_picture_that_was_to_fail_and_did_not_is_unexpected():
    session = sorted_session()
    session.ledger.declare_failing(session.session_id, POSITIONS_PW[0])
    found = check_ledger(session.ledger, session.store, session.images, REFERENCE)
    assert any("did not fail" in one.sentence for one in found)


def test_a_session_that_was_never_sorted_loses_all_its_accepted_pictures():
    session = SortedSession()
    session.detect()
    found = check_ledger(session.ledger, session.store, session.images, REFERENCE)
    assert [one.harm for one in found] == [Harm.LOST] * 4


def test_another_id_for_the_same_picture_is_doubled():
    session = sorted_session()
    receipt = session.entry.receipts[POSITIONS_PW[0]]
    session.ledger.note_receipt(replace(receipt, image_id="another"))
    found = check_ledger(session.ledger, session.store, session.images, REFERENCE)
    assert [one.harm for one in found] == [Harm.DOUBLED]


def test_the_checker_reads_past_the_first_page_of_events(clean: SortedSession) -> None:
    class OneByOne:
        def __getattr__(self, name: str) -> Any:
            return getattr(clean.store, name)

        def load_events(self, session_id: str, after_id: int, _limit: int) -> Sequence[Event]:
            return clean.store.load_events(session_id, after_id, 1)

    assert check_ledger(clean.ledger, OneByOne(), clean.images, REFERENCE) == []
