"""What is wrong is said loudly, and what is not wrong is not said at all."""

from __future__ import annotations

import dataclasses

import pytest

from api.console.alarms import QUIET_S, STUCK_S, find_alarms
from storage.figures import SiteFigures
from storage.overview import ArmNow

WELL = SiteFigures(
    sessions={"open": 1, "done": 4},
    images={"received": 3, "detecting": 2},
    oldest_image_s=0.4,
    oldest_session_s=0.0,
    image_p50_s=0.2,
    image_p95_s=0.5,
    drained_per_s=9.0,
    n_quarantined=0,
    workers={"gpu": 2, "sort": 1},
)
ARM = ArmNow("LEFT", 1, 3.0, "s1", 3.0)


def titles(arm: ArmNow = ARM, *, broker_answers: bool = True, **changes: object) -> list[str]:
    figures = dataclasses.replace(WELL, **changes)  # type: ignore[arg-type]
    return [alarm.title for alarm in find_alarms(figures, [arm], broker_answers=broker_answers)]


def test_where_all_is_well_nothing_is_said():
    assert titles() == []


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"workers": {"sort": 1}}, "No GPU worker is up"),
        ({"workers": {"gpu": 1}}, "No sort worker is up"),
        ({"n_quarantined": 2}, "Pictures in quarantine"),
        ({"oldest_session_s": STUCK_S}, "Sessions wait to be sorted"),
        ({"oldest_image_s": STUCK_S, "image_p50_s": None}, "The queue of pictures does not move"),
        ({"broker_answers": False}, "The broker does not answer"),
        ({"arm": dataclasses.replace(ARM, quiet_s=QUIET_S)}, "LEFT has gone quiet"),
    ],
)
def test_each_trouble_is_told_by_its_name(changes, title):
    assert titles(**changes) == [title]


@pytest.mark.parametrize(
    "changes",
    [
        {"oldest_image_s": STUCK_S, "image_p50_s": 20.0},  # a long queue that moves
        {"oldest_image_s": STUCK_S - 1, "image_p50_s": None},  # a slow picture
        {"arm": dataclasses.replace(ARM, quiet_s=QUIET_S - 1)},
        {"arm": dataclasses.replace(ARM, quiet_s=None, last_picture_s=9e5)},  # idle
    ],
)
def test_what_looks_alike_and_is_not_wrong_is_not_told(changes):
    assert titles(**changes) == []


def test_a_stuck_queue_without_workers_is_told_as_missing_workers_alone():
    stuck = {"oldest_image_s": 99.0, "image_p50_s": None}
    assert titles(workers={"sort": 1}, **stuck) == ["No GPU worker is up"]


def test_the_worst_comes_first():
    told = titles(workers={}, n_quarantined=1)
    assert told == ["No GPU worker is up", "No sort worker is up", "Pictures in quarantine"]
