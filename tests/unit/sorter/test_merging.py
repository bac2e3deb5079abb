from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from sorter.deduplication import deduplicate
from sorter.geometry import servo_from_pixel, table_from_servo
from sorter.merging import merge_groups
from sorter.sightings import locate
from sorter.types import Container, Detections, Item, Photograph
from tests.strategies import sessions
from tests.unit.sorter.tables import (
    ARM_GEOMETRY,
    SIZE,
    PhotographedTable,
    Thing,
    make_container,
    scattered,
)

UNCUT, LARGER, CUT = (700, 500, 760, 560), (700, 490, 800, 570), (0, 400, 300, 700)


def merged(*boxes_and_scores, kind=Item):
    """Merge sightings of one thing, each from a photograph of its own, all at one position."""
    photographs = [
        Photograph(
            f"image-{number}",
            1500.0,
            SIZE,
            Detections(np.array([box], np.float32), np.zeros(1, int), np.float32([score])),
        )
        for number, (box, score) in enumerate(boxes_and_scores)
    ]
    found = locate(photographs, ARM_GEOMETRY)
    return merge_groups(found, [np.arange(len(found))], kind)[0].thing


def place_of(*xy_px):
    return servo_from_pixel(xy_px, 1500.0, SIZE, ARM_GEOMETRY)


@given(sessions(min_size=1))
def test_a_thing_lies_among_its_sightings_and_keeps_them_all(photographs):
    found = locate(photographs, ARM_GEOMETRY)
    group = np.arange(len(found))
    for one in merge_groups(found, [group] if len(found) else [], Container):
        thing = one.thing
        position = [thing.position.servo0_pw, thing.position.servo1_pw]
        assert (found.servo_pw.min(axis=0) - 1e-9 <= position).all()
        assert (position <= found.servo_pw.max(axis=0) + 1e-9).all()
        assert len(thing.sightings) == len(found)
        assert thing.sightings == tuple(sorted(thing.sightings))
        assert thing.score == found.scores.max()
        assert one.views[0] == thing.crop
        assert {view.image_id for view in one.views} <= {name for name, _ in thing.sightings}


def test_the_place_is_the_mean_weighted_by_score():
    thing = merged((UNCUT, 0.25), (LARGER, 0.75))
    a, b = place_of((730, 530), (750, 530))
    assert (thing.position.servo0_pw, thing.position.servo1_pw) == pytest.approx((a + 3 * b) / 4)


def test_scores_of_zero_weigh_alike():
    thing = merged((UNCUT, 0), (LARGER, 0))
    assert thing.position.servo0_pw == pytest.approx(place_of((730, 530), (750, 530)).mean(0)[0])


def test_a_cut_sighting_moves_neither_place_nor_crop():
    alone, together = merged((UNCUT, 0.5)), merged((UNCUT, 0.5), (CUT, 1))
    assert together.position == alone.position
    assert together.crop.xyxy_px == UNCUT
    assert together.score == 1


def test_where_all_are_cut_the_one_that_shows_most_gives_place_and_crop():
    thing = merged(((0, 400, 100, 700), 1), (CUT, 0.5))
    assert thing.crop.xyxy_px == CUT
    assert (thing.position.servo0_pw, thing.position.servo1_pw) == pytest.approx(
        tuple(place_of((150, 550))[0])
    )


def test_the_crop_is_the_best_of_the_sightings():
    assert merged((UNCUT, 0.9), (LARGER, 0.9)).crop.image_id == "image-1"
    assert merged((UNCUT, 0.9), (LARGER, 0.1)).crop.image_id == "image-0"


def test_things_come_sorted_by_position_and_of_the_kind_asked_for():
    found = locate(PhotographedTable(scattered(12, seed=3)).photographs, ARM_GEOMETRY)
    groups = deduplicate(found, 40.0)
    merged = merge_groups(found, groups[::-1], Container)
    things = [one.thing for one in merged]
    assert things == sorted(things, key=lambda thing: thing.position)
    assert {type(thing) for thing in things} == {Container}
    for one in merged:
        names = {(found.image_ids[found.image[row]], found.row[row]) for row in one.group}
        assert set(one.thing.sightings) == names


def test_merged_sightings_lie_where_the_thing_is():
    truth = [Thing(-300, 1500, turned_deg=20), make_container(350, 1400)]
    found = locate(PhotographedTable(truth).photographs, ARM_GEOMETRY)
    things = [one.thing for one in merge_groups(found, deduplicate(found, 40.0), Item)]
    places = [(thing.position.servo0_pw, thing.position.servo1_pw) for thing in things]
    flat = table_from_servo(places, SIZE, ARM_GEOMETRY)
    expected = sorted((thing.x, thing.y) for thing in truth)
    np.testing.assert_allclose(sorted(flat.tolist()), expected, atol=1)
