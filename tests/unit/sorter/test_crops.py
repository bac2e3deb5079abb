from __future__ import annotations

import numpy as np

from sorter.crops import MOST_VIEWS, crop_of, views_of_groups
from tests.unit.sorter.tables import seen

SMALL, LARGE, CUT = (700, 500, 760, 560), (900, 490, 1000, 570), (0, 400, 300, 700)


def views(sightings, covered=None):
    """Return the boxes of the best views."""
    covered = np.zeros(len(sightings)) if covered is None else covered
    (found,) = views_of_groups(sightings, [np.arange(len(sightings))], covered)
    return [crop.xyxy_px for crop in found]


def test_an_uncut_sighting_is_better_than_any_cut_one():
    found = seen(CUT, SMALL, scores=[1.0, 0.1])
    assert views(found, np.array([0.0, 0.9]))[0] == SMALL


def test_the_least_covered_of_the_uncut_ones_is_best():
    found = seen(LARGE, SMALL)
    assert views(found, np.array([0.4, 0.1])) == [SMALL]


def test_a_sliver_of_cover_does_not_outweigh_size():
    found = seen(LARGE, SMALL)
    assert views(found, np.array([0.04, 0.0])) == [LARGE, SMALL]


def test_of_those_as_much_covered_score_times_size_decides():
    assert views(seen(LARGE, SMALL, scores=[0.9, 0.9])) == [LARGE, SMALL]
    assert views(seen(LARGE, SMALL, scores=[0.2, 0.9])) == [SMALL, LARGE]


def test_of_twins_the_first_is_taken():
    assert views(seen(SMALL, (500, 500, 560, 560)))[0] == SMALL


def test_a_cut_sighting_is_a_view_only_where_all_are_cut_and_then_alone():
    assert views(seen(SMALL, CUT)) == [SMALL]
    assert views(seen(CUT, (0, 300, 200, 500))) == [CUT]


def test_no_more_views_are_taken_than_help():
    boxes = [(700, 500, 760, 560 + number) for number in range(MOST_VIEWS + 2)]
    assert views(seen(*boxes)) == boxes[: -MOST_VIEWS - 1 : -1]


def test_each_groups_views_are_those_that_it_has_alone():
    found = seen(SMALL, CUT, LARGE, (500, 500, 560, 560), (300, 700, 400, 800))
    covered = np.array([0.4, 0.0, 0.1, 0.0, 0.7])
    groups = [np.array([0, 2]), np.array([1]), np.array([3, 4])]
    alone = [views_of_groups(found, [group], covered)[0] for group in groups]
    assert views_of_groups(found, groups, covered) == alone


def test_the_crop_is_the_sightings_box_in_its_picture():
    found = seen(SMALL, LARGE, n_images=2)
    crop = crop_of(found, 1)
    assert (crop.image_id, crop.xyxy_px) == ("image-1", LARGE)
