from __future__ import annotations

import numpy as np

from sorter.crops import best_sighting, crop_of
from tests.unit.sorter.tables import seen

SMALL, LARGE, CUT = (700, 500, 760, 560), (900, 490, 1000, 570), (0, 400, 300, 700)


def best(sightings, covered=None):
    return best_sighting(sightings, np.zeros(len(sightings)) if covered is None else covered)


def test_an_uncut_sighting_is_better_than_any_cut_one():
    found = seen(CUT, SMALL, scores=[1.0, 0.1])
    assert best(found, np.array([0.0, 0.9])) == 1


def test_the_least_covered_of_the_uncut_ones_is_best():
    found = seen(LARGE, SMALL)
    assert best(found, np.array([0.4, 0.1])) == 1


def test_a_sliver_of_cover_does_not_outweigh_size():
    found = seen(LARGE, SMALL)
    assert best(found, np.array([0.04, 0.0])) == 0


def test_of_those_as_much_covered_score_times_size_decides():
    assert best(seen(LARGE, SMALL, scores=[0.9, 0.9])) == 0
    assert best(seen(LARGE, SMALL, scores=[0.2, 0.9])) == 1


def test_of_twins_the_first_is_taken():
    assert best(seen(SMALL, (500, 500, 560, 560))) == 0


def test_the_crop_is_the_sightings_box_in_its_picture():
    found = seen(SMALL, LARGE, n_images=2)
    crop = crop_of(found, 1)
    assert (crop.image_id, crop.xyxy_px) == ("image-1", LARGE)
