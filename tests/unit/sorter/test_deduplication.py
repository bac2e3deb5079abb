from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.agreement import covering_pairs, near_pairs, second_boxes
from sorter.deduplication import deduplicate
from sorter.geometry import pixel_from_servo, servo_from_table
from sorter.sightings import Sightings, locate
from sorter.types import ArmGeometry, Detections, ImageSize, Label, Photograph
from tests.strategies import sessions
from tests.unit.sorter.tables import (
    ARM_GEOMETRY,
    SIZE,
    PhotographedTable,
    Thing,
    make_container,
    scattered,
)

REPEATABILITY_PX = 40.0


def of_one_label(photographs) -> Sightings:
    return locate(photographs, ARM_GEOMETRY).of(Label.ITEM)


def grouped(photographs):
    found = of_one_label(photographs)
    return found, deduplicate(found, REPEATABILITY_PX)


def at(*xy_px, side=60.0, position_pw=1500.0, name="image"):
    """Return a photograph with one square item at each of these points."""
    centres = np.array(xy_px, np.float32)
    boxes = np.hstack([centres - side / 2, centres + side / 2])
    labels, scores = np.zeros(len(boxes), np.int64), np.full(len(boxes), 0.9, np.float32)
    return Photograph(name, position_pw, SIZE, Detections(boxes, labels, scores))


def names_of(found, groups):
    """Return the groups as sets of ``(image_id, row)``."""
    return {
        frozenset((found.image_ids[found.image[one]], int(found.row[one])) for one in group)
        for group in groups
    }


@given(sessions(min_size=1))
def test_merging_never_joins_two_detections_of_one_image(photographs):
    found, groups = grouped(photographs)
    assert all(len(np.unique(found.image[group])) == len(group) for group in groups)


@given(sessions(min_size=1))
def test_every_sighting_is_in_one_group_but_second_boxes_are_in_none(photographs):
    found, groups = grouped(photographs)
    expected = np.setdiff1d(np.arange(len(found)), second_boxes(found))
    assert sorted(np.concatenate([*groups, []]).tolist()) == expected.tolist()


@given(sessions(min_size=1), st.randoms(use_true_random=False))
def test_the_order_in_which_photographs_come_changes_nothing(photographs, random):
    groups = names_of(*grouped(photographs))
    random.shuffle(photographs)
    assert names_of(*grouped(photographs)) == groups


@given(sessions(min_size=1))
def test_there_are_no_chains_of_uncut_sightings(photographs):
    found, groups = grouped(photographs)
    near = set(near_pairs(found, np.arange(len(found)), REPEATABILITY_PX))
    for group in groups:
        uncut = group[~found.is_cut[group]].tolist()
        assert near.issuperset(combinations(uncut, 2))


@given(sessions(min_size=1))
def test_every_cut_sighting_of_a_group_is_a_part_of_one_whole(photographs):
    found, groups = grouped(photographs)
    everything = np.arange(len(found))
    covering = set(covering_pairs(found, everything, everything, REPEATABILITY_PX))
    for group in groups:
        cut, uncut = group[found.is_cut[group]].tolist(), group[~found.is_cut[group]].tolist()
        if uncut:
            assert all(any((part, whole) in covering for whole in uncut) for part in cut)
        else:
            assert any(all((part, one) in covering for part in cut if part != one) for one in cut)


@given(st.integers(100, 1500), st.integers(100, 1100), st.integers(2, 5))
def test_identical_coordinates_in_different_images_merge(x, y, n):
    _, groups = grouped([at((x, y), name=f"image-{number}") for number in range(n)])
    assert [len(group) for group in groups] == [n]


def test_identical_coordinates_in_one_image_stay_two():
    _, groups = grouped([at((500, 500), (500, 500))])
    assert len(groups) == 2


def test_neighbours_closer_than_the_gate_each_keep_their_own_sightings():
    first = at((500, 500), (560, 500), name="a")
    second = at((505, 500), (565, 500), name="b")
    found, groups = grouped([first, second])
    assert names_of(found, groups) == {
        frozenset({("a", 0), ("b", 0)}),
        frozenset({("a", 1), ("b", 1)}),
    }


def test_the_gate_is_the_repeatability_and_half_the_smaller_side():
    at_the_gate, beyond = at((570, 500), name="b"), at((571, 500), name="b")
    assert len(grouped([at((500, 500), name="a"), at_the_gate])[1]) == 1
    assert len(grouped([at((500, 500), name="a"), beyond])[1]) == 2


def test_a_chain_of_three_breaks_into_two():
    photographs = [at((x, 500), name=str(x)) for x in (500, 560, 625)]
    found, groups = grouped(photographs)
    assert names_of(found, groups) == {frozenset({("500", 0), ("560", 0)}), frozenset({("625", 0)})}


def test_there_are_no_chains_of_cut_sightings_either():
    boxes = {"a": (0, 620, 90, 710), "b": (0, 520, 100, 640), "c": (0, 300, 400, 600)}
    photographs = [
        Photograph(
            name,
            1500.0,
            SIZE,
            Detections(np.array([box], np.float32), np.zeros(1, int), np.float32([0.9])),
        )
        for name, box in boxes.items()
    ]
    found, groups = grouped(photographs)
    assert names_of(found, groups) == {frozenset({("b", 0), ("c", 0)}), frozenset({("a", 0)})}


@pytest.mark.parametrize("seed", range(8))
def test_each_thing_on_a_table_becomes_one_group(seed):
    table = PhotographedTable(scattered(24, seed), noise_px=6, seed=seed)
    found, groups = grouped(table.photographs)
    shown = [{table.shown[sighting] for sighting in names} for names in names_of(found, groups)]
    assert all(len(things) == 1 for things in shown)
    assert len(shown) == len(set(table.shown.values()))


@pytest.mark.parametrize("turned_deg", [0, 30])
@pytest.mark.parametrize("angle_deg", range(-45, 46, 9))
def test_a_container_cut_in_some_photographs_is_no_second_container(angle_deg, turned_deg):
    x, y = 1500 * np.sin(np.radians(angle_deg)), 1500 * np.cos(np.radians(angle_deg))
    table = PhotographedTable([make_container(x, y, 420, turned_deg)], noise_px=6)
    found = locate(table.photographs, ARM_GEOMETRY)
    assert len(deduplicate(found, REPEATABILITY_PX)) == 1


def test_a_container_cut_in_every_photograph_is_one():
    table = PhotographedTable([make_container(0, 1000, 420)], (1550.0, 1500.0, 1450.0))
    found = locate(table.photographs, ARM_GEOMETRY)
    assert found.is_cut.all()
    assert [len(group) for group in deduplicate(found, REPEATABILITY_PX)] == [3]


def test_a_cut_item_beside_one_that_its_picture_shows_too_is_another_item():
    small, large = Thing(0, 905, 60, 60), Thing(0, 1000, 90, 90)
    table = PhotographedTable([small, large], (1520.0, 1480.0))
    found, groups = grouped(table.photographs)
    assert found.is_cut.tolist().count(True) == 2
    assert [len(group) for group in groups] == [2, 2]


def test_the_pairs_to_go_through_grow_with_the_things_and_not_with_their_square():
    pairs = {n: n_pairs_of_grid(n) for n in (10, 20)}
    assert pairs[20] < 4 * pairs[10] * 1.2


def n_pairs_of_grid(n: int) -> int:
    """Count the pairs of n times n items at a constant density, in two photographs."""
    size, geometry = ImageSize(120 * n, 120 * n), ArmGeometry(radius_px=240 * n)
    x, y = np.meshgrid(60 + 120 * np.arange(n), 60 + 120 * np.arange(n))
    flat = np.stack([x.ravel() - 60 * n, y.ravel() + 180 * n], axis=1)
    photographs = []
    for position_pw in (1490.0, 1510.0):
        servo_pw = servo_from_table(flat, size, geometry)
        centres = pixel_from_servo(servo_pw, position_pw, size, geometry)
        boxes = np.hstack([centres - 30, centres + 30]).astype(np.float32)
        labels, scores = np.zeros(len(boxes), np.int64), np.full(len(boxes), 0.9, np.float32)
        found = Detections(boxes, labels, scores)
        photographs.append(Photograph(str(position_pw), position_pw, size, found))
    found = locate(photographs, geometry)
    everything = np.arange(len(found))
    near = near_pairs(found, everything, REPEATABILITY_PX)
    covering = covering_pairs(found, everything, everything, REPEATABILITY_PX)
    return len(near.a) + len(covering.a)
