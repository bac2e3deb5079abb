from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.disturbance_chart import save_chart
from benchmarks.disturbance_curves import (
    CURVES,
    Point,
    cost,
    point_from_results,
    point_key,
    verdict,
)
from benchmarks.disturbances import limits_table, load_points, save_points, wanted_points
from cli.bench import TableResult
from robot.disturbances import Disturbances
from robot.judge import Score
from sorter.errors import InvalidInputError


def point(name: str, value: float, *n_right: int, flagged: float = 0.0) -> Point:
    scores = tuple(Score(items=10, items_right=n, picks=10, picks_hit=n) for n in n_right)
    return Point(name, value, is_calibrated=False, scores=scores, flagged=flagged, flags={})


NONE = point("none", 0.0, 10, 9, 10, 8)


def every_point() -> dict[str, Point]:
    points = [NONE, replace(NONE, is_calibrated=True)]
    for curve in CURVES:
        for number, value in enumerate(curve.values):
            worse = point(curve.name, value, 10 - number, 9, 9, 8, flagged=0.1 * number)
            points += [worse, replace(worse, is_calibrated=True)]
    return {one.key: one for one in points}


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_every_curve_goes_through_its_limit_and_disturbs_one_thing(curve):
    assert curve.limit in curve.values
    for value in curve.values:
        told = curve.disturbances(value).told
        assert told[curve.name] == value
        assert set(told) <= {curve.name, "lamp"}
    assert curve.name == "light" or curve.disturbances(curve.none) == Disturbances()


def test_every_disturbance_has_a_curve():
    names = set(Disturbances.__dataclass_fields__) - {"lamp"}
    assert {curve.name for curve in CURVES} == names


@given(st.lists(st.integers(0, 10), min_size=4, max_size=4))
def test_a_cost_is_what_is_right_no_longer(n_right):
    lost, error = cost(point("roll", 3.0, *n_right), NONE)
    assert lost == pytest.approx((37 - sum(n_right)) / 40)
    assert error >= 0


def test_nothing_costs_nothing():
    assert cost(NONE, NONE) == (0.0, 0.0)
    assert cost(point("roll", 1.0, 9), point("none", 0.0, 10)) == (pytest.approx(0.1), 0.0)


@pytest.mark.parametrize(
    ("n_right", "flagged", "said"),
    [((10, 9, 9, 8), 0.0, "holds"), ((7, 7, 7, 7), 0.2, "fails"), ((7, 7, 7, 7), 0.6, "flagged")],
)
def test_a_disturbance_holds_if_it_costs_little_or_is_flagged(n_right, flagged, said):
    assert verdict(point("roll", 3.0, *n_right, flagged=flagged), NONE) == said


def test_results_become_a_point_with_the_share_of_flagged_sessions():
    scores = Score(items=4, items_right=3), Score(items=4, items_right=4)
    rows = {"flags": ["images_missing", "calibration_bad"]}, {"flags": []}
    results = [TableResult(s, s, row) for s, row in zip(scores, rows, strict=True)]
    summed = point_from_results("roll", 3.0, results, is_calibrated=True)
    assert summed.key == "roll=3 calibrated"
    assert (summed.right_rate, summed.flagged) == (7 / 8, 0.5)
    assert summed.flags == {"calibration_bad": 1, "images_missing": 1}


def test_points_are_kept_and_found_again_but_not_for_other_settings(tmp_path):
    file, points = tmp_path / "points.json", every_point()
    save_points(file, {"scenes": 4}, points)
    assert load_points(file, {"scenes": 4}) == points
    assert load_points(tmp_path / "none.json", {"scenes": 4}) == {}
    with pytest.raises(InvalidInputError, match="other settings"):
        load_points(file, {"scenes": 5})


def test_only_what_a_calibration_can_take_away_is_measured_calibrated_too():
    plain = wanted_points(CURVES, with_calibrated=False)
    both = wanted_points(CURVES, with_calibrated=True)
    assert both[: len(plain)] == plain
    assert {one.name for one in both if one.is_calibrated} == {
        "none",
        *(curve.name for curve in CURVES if curve.can_calibrate),
    }
    assert len({one.key for one in both}) == len(both)


def test_the_table_has_a_row_for_each_limit_that_was_measured():
    points = every_point()
    assert limits_table(CURVES, points).row_count == 2 * len(CURVES)
    del points[point_key("servo", 4.0, is_calibrated=True)]
    assert limits_table(CURVES, points).row_count == 2 * len(CURVES) - 1


@pytest.mark.parametrize("keeps", ["", "calibrated"])
def test_curves_are_drawn_with_or_without_calibrated_arms(tmp_path, keeps):
    points = {key: one for key, one in every_point().items() if keeps or "calib" not in key}
    save_chart(points, tmp_path / "chart" / "curves.png")
    with Image.open(tmp_path / "chart" / "curves.png") as picture:
        assert min(picture.size) > 600
