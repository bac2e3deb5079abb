from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given

from sorter.agreement import (
    UNCALIBRATED_REPEATABILITY_PX,
    covering_pairs,
    largest_whole_first,
    near_pairs,
    repeatability_of,
    second_boxes,
)
from sorter.detection import box_areas, box_coverage, shorter_sides
from sorter.geometry import boxes_seen_from
from sorter.sightings import Sightings, locate
from sorter.types import Arm, Detections, Photograph
from tests.strategies import sessions
from tests.unit.sorter.tables import (
    ARM_GEOMETRY,
    SIZE,
    PhotographedTable,
    Thing,
    make_container,
)

REPEATABILITY_PX = 40.0


def located(photographs) -> Sightings:
    return locate(photographs, ARM_GEOMETRY)


def of_boxes(*boxes_of_photographs) -> Sightings:
    """Return the sightings of photographs all taken at one position, in no order promised."""
    return located(
        Photograph(
            f"image-{number}",
            1500.0,
            SIZE,
            Detections(
                np.array(boxes, np.float32),
                np.zeros(len(boxes), np.int64),
                np.full(len(boxes), 0.9, np.float32),
            ),
        )
        for number, boxes in enumerate(boxes_of_photographs)
    )


def everything(sightings):
    return np.arange(len(sightings))


@given(sessions(min_size=1))
def test_near_pairs_are_all_pairs_of_two_pictures_within_the_smaller_things_gate(photographs):
    found = located(photographs)
    sides = shorter_sides(found.xyxy_px)
    expected = {
        (a, b)
        for a, b in permutations(range(len(found)), 2)
        if a < b
        and found.image[a] != found.image[b]
        and np.hypot(*(found.table_px[a] - found.table_px[b]))
        <= REPEATABILITY_PX + min(sides[a], sides[b]) / 2
    }
    assert set(near_pairs(found, everything(found), REPEATABILITY_PX)) == expected


@given(sessions(min_size=1))
def test_near_pairs_cost_their_distance_in_gates_squared_and_at_most_half_for_sizes(photographs):
    found = located(photographs)
    pairs = near_pairs(found, everything(found), REPEATABILITY_PX)
    apart = np.array([np.hypot(*(found.table_px[a] - found.table_px[b])) for a, b in pairs])
    gates = REPEATABILITY_PX + shorter_sides(found.xyxy_px) / 2
    for_size = pairs.cost - (apart / np.minimum(gates[pairs.a], gates[pairs.b])) ** 2
    assert pairs.cost.tolist() == sorted(pairs.cost.tolist())
    assert ((for_size > -1e-9) & (for_size <= 0.5)).all()


def test_a_thing_costs_nothing_for_its_size_wherever_it_is_seen_from():
    found = locate(
        PhotographedTable([Thing(0, 1400, 40, 130, turned_deg=30)]).photographs, ARM_GEOMETRY
    )
    pairs = near_pairs(found, everything(found), REPEATABILITY_PX)
    assert len(pairs.a) == 6
    np.testing.assert_allclose(pairs.cost, 0, atol=0.01)


def test_two_sizes_that_do_not_fit_cost_by_what_the_one_leaves_of_the_other():
    found = of_boxes([(600, 500, 660, 560)], [(570, 500, 690, 560)])
    assert near_pairs(found, everything(found), REPEATABILITY_PX).cost.tolist() == [0.25]


@given(sessions(min_size=1))
def test_covering_pairs_are_all_cut_parts_half_covered_by_what_shows_more(photographs):
    found = located(photographs)
    sizes = [(~found.is_cut[number], area) for number, area in enumerate(box_areas(found.xyxy_px))]
    expected = {
        (part, whole)
        for part, whole in permutations(range(len(found)), 2)
        if found.is_cut[part]
        and found.image[part] != found.image[whole]
        and (not found.is_cut[whole] or (sizes[whole], whole) > (sizes[part], part))
        and covers(found, part, whole)
    }
    parts = np.flatnonzero(found.is_cut)
    assert set(covering_pairs(found, parts, everything(found), REPEATABILITY_PX)) == expected


def covers(found, part, whole):
    slack = REPEATABILITY_PX + 0.01 * SIZE.width_px
    seen = boxes_seen_from(
        found.xyxy_px[[whole]],
        found.position_pw[whole],
        found.position_pw[part],
        SIZE,
        ARM_GEOMETRY,
    )
    widened = seen + np.array([-slack, -slack, slack, slack])
    return box_coverage(found.xyxy_px[[part]], widened)[0] >= 0.5


@pytest.mark.parametrize("turned_deg", [0, 20, 45])
@pytest.mark.parametrize("x", [-500, -150, 0, 200, 480])
def test_a_cut_container_is_a_part_of_its_uncut_self_wherever_its_centre_seems_to_be(x, turned_deg):
    found = located(PhotographedTable([make_container(x, 1450, turned_deg=turned_deg)]).photographs)
    parts, wholes = np.flatnonzero(found.is_cut), np.flatnonzero(~found.is_cut)
    assert len(wholes)
    pairs = set(covering_pairs(found, parts, wholes, REPEATABILITY_PX))
    assert pairs == {(part, whole) for part in parts for whole in wholes}


def test_of_two_wholes_the_one_that_agrees_better_comes_first():
    found = of_boxes([(0, 500, 100, 600)], [(30, 500, 120, 600), (60, 400, 300, 700)])
    part = np.flatnonzero(found.is_cut)
    wholes = np.flatnonzero(~found.is_cut)
    pairs = list(covering_pairs(found, part, wholes, REPEATABILITY_PX))
    assert [found.xyxy_px[whole][0] for _, whole in pairs] == [30, 60]


def test_pairs_of_the_largest_whole_come_first():
    found = of_boxes([(0, 500, 90, 600)], [(0, 500, 100, 600)], [(0, 480, 150, 620)])
    pairs = covering_pairs(found, everything(found), everything(found), REPEATABILITY_PX)
    ordered = list(largest_whole_first(found, pairs))
    assert len(ordered) == 3
    assert sorted(ordered) == sorted(pairs)
    assert [found.xyxy_px[whole][2] for _, whole in ordered] == [150, 150, 100]


def test_a_second_box_is_cut_and_half_in_a_larger_one_of_its_picture():
    whole, fragment = (0, 300, 400, 700), (0, 300, 150, 700)
    beside, elsewhere = (0, 650, 150, 900), (0, 300, 140, 700)
    found = of_boxes([whole, fragment, beside], [elsewhere])
    dropped = second_boxes(found)
    assert found.xyxy_px[dropped].tolist() == [list(fragment)]


def test_of_twins_in_one_picture_one_stays():
    found = of_boxes([(0, 300, 400, 700), (0, 300, 400, 700)])
    assert len(second_boxes(found)) == 1


def test_an_uncut_box_in_a_larger_one_is_a_thing_of_its_own():
    assert not len(second_boxes(of_boxes([(100, 300, 400, 700), (150, 350, 200, 400)])))


def test_an_arm_without_calibration_gets_the_generous_gate():
    assert repeatability_of(Arm("a1")) == UNCALIBRATED_REPEATABILITY_PX
    assert repeatability_of(Arm("a1", repeatability_px=3.0)) == 3.0
