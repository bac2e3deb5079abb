from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from sorter.crops import best_sighting, covered_shares, crop_of
from sorter.detection import box_areas, box_coverage
from sorter.sightings import locate
from sorter.types import Detections, Photograph
from tests.strategies import sessions
from tests.unit.sorter.tables import ARM_GEOMETRY, SIZE

SMALL, LARGE, CUT = (700, 500, 760, 560), (900, 490, 1000, 570), (0, 400, 300, 700)


def seen(*boxes, scores=None, n_images=1):
    """Return sightings of these boxes, in their order, spread over so many pictures."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    scores = np.array(scores or [0.9] * len(boxes), np.float32)
    photographs = [
        Photograph(
            f"image-{number}",
            1500.0,
            SIZE,
            Detections(
                boxes[number::n_images],
                np.zeros(len(boxes[number::n_images]), int),
                scores[number::n_images],
            ),
        )
        for number in range(n_images)
    ]
    found = locate(photographs, ARM_GEOMETRY)
    order = [next(i for i in range(len(found)) if (found.xyxy_px[i] == box).all()) for box in boxes]
    return found.take(np.array(order, np.intp))


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


@given(sessions(min_size=1))
def test_a_box_is_covered_by_the_others_of_its_picture_and_by_no_other(photographs):
    found = locate(photographs, ARM_GEOMETRY)
    boxes = found.xyxy_px
    shared = box_coverage(boxes[:, None], boxes) * (found.image[:, None] == found.image)
    np.fill_diagonal(shared, 0)
    expected = np.clip(shared.sum(axis=1), 0, 1)
    np.testing.assert_allclose(covered_shares(found), expected, atol=1e-6)
    assert (box_areas(boxes) > 0).all()


@pytest.mark.parametrize("n_images", [1, 2])
def test_boxes_of_two_pictures_do_not_cover_each_other(n_images):
    found = seen(SMALL, (730, 500, 790, 560), n_images=n_images)
    assert covered_shares(found).tolist() == ([0.5, 0.5] if n_images == 1 else [0, 0])


def test_without_sightings_nothing_is_covered():
    assert covered_shares(seen()).tolist() == []
