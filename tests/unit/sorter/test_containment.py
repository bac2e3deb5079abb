from __future__ import annotations

import numpy as np
import pytest

from sorter.containment import NOWHERE, find_containers
from sorter.deduplication import deduplicate
from sorter.geometry import servo_from_table
from sorter.sightings import locate
from sorter.types import Label
from tests.unit.sorter.tables import ARM_GEOMETRY, SIZE, PhotographedTable, make_container


def containing(table, *xy_px):
    """Return the number of the container that each place on the table lies in."""
    containers = locate(table.photographs, ARM_GEOMETRY).of(Label.CONTAINER)
    groups = deduplicate(containers, 40.0)
    places = servo_from_table(np.reshape(xy_px, (-1, 2)), SIZE, ARM_GEOMETRY)
    return find_containers(places, containers, groups).tolist()


def inside(table, *xy_px):
    """Return whether each place on the table lies in one of its containers."""
    return [number != NOWHERE for number in containing(table, *xy_px)]


def test_what_lies_in_one_of_several_containers_lies_in_a_container():
    table = PhotographedTable([make_container(-400, 1400), make_container(400, 1400)])
    assert inside(table, (-400, 1400), (0, 1400), (500, 1450)) == [True, False, True]


def test_each_place_is_told_the_container_that_holds_it():
    table = PhotographedTable([make_container(-400, 1400), make_container(400, 1400)])
    left, none, right = containing(table, (-400, 1400), (0, 1400), (500, 1450))
    assert (none, {left, right}) == (NOWHERE, {0, 1})


def test_of_two_containers_the_one_whose_boxes_hold_a_place_more_often_has_it():
    containers = [make_container(-100, 1400, turned_deg=45), make_container(190, 1560)]
    table = PhotographedTable(containers, (1500.0, 1700.0, 1300.0))
    first, second, between = containing(table, (-200, 1400), (300, 1560), (140, 1600))
    assert (first, second) == (0, 1)
    assert between == second


def test_what_lies_beside_a_turned_container_but_within_its_box_does_not_lie_in_it():
    container = make_container(0, 1500, side=380, turned_deg=45)
    corner_of_the_box = (0.9 * 380 / np.sqrt(2), 1500 + 0.9 * 380 / np.sqrt(2))
    seen_square = PhotographedTable([container], (1500.0,))
    seen_turned = PhotographedTable([container], (1500.0, 1700.0, 1300.0, 1750.0, 1250.0))
    assert inside(seen_square, corner_of_the_box) == [True]
    assert inside(seen_turned, corner_of_the_box) == [False]


def test_a_place_outside_every_photograph_can_lie_in_no_container():
    table = PhotographedTable([make_container(0, 1400)], (1500.0,))
    assert inside(table, (5000, 0), (0, -1400)) == [False, False]


def test_a_container_that_every_edge_cuts_still_holds_what_it_shows():
    table = PhotographedTable([make_container(0, 1000)], (1500.0,))
    assert inside(table, (0, 1000), (0, 1300)) == [True, False]


def test_a_cut_sighting_of_a_container_does_not_vote_beside_uncut_ones():
    container = make_container(0, 1500)
    positions = (1500.0, 1000.0, 1010.0, 2000.0, 1990.0)
    table = PhotographedTable([container], positions)
    assert inside(table, (-170, 1500), (170, 1500)) == [True, True]


@pytest.mark.parametrize("things", [[], [make_container(0, 1400)]])
def test_without_places_or_containers_nothing_lies_inside(things):
    table = PhotographedTable(things)
    assert inside(table) == []
    assert inside(PhotographedTable([]), (0, 1400)) == [False]
