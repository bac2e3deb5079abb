from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.detection import box_coverage
from sorter.neighbours import covered_shares, lie_in_boxes, overlapping_boxes
from sorter.sightings import locate
from tests.strategies import sessions
from tests.unit.sorter.tables import ARM_GEOMETRY, SIZE, seen

SMALL = (700, 500, 760, 560)


@given(sessions(min_size=1))
def test_a_box_is_covered_by_the_others_of_its_picture_and_by_no_other(photographs):
    found = locate(photographs, ARM_GEOMETRY)
    boxes = found.xyxy_px
    shared = box_coverage(boxes[:, None], boxes) * (found.image[:, None] == found.image)
    np.fill_diagonal(shared, 0)
    expected = np.clip(shared.sum(axis=1), 0, 1)
    np.testing.assert_allclose(covered_shares(found), expected, atol=1e-6)


@pytest.mark.parametrize("n_images", [1, 2])
def test_boxes_of_two_pictures_do_not_cover_each_other(n_images):
    found = seen(SMALL, (730, 500, 790, 560), n_images=n_images)
    assert covered_shares(found).tolist() == ([0.5, 0.5] if n_images == 1 else [0, 0])


def test_without_sightings_nothing_is_covered():
    assert covered_shares(seen()).tolist() == []


@given(sessions(min_size=1))
def test_all_boxes_of_one_picture_that_overlap_are_among_the_pairs(photographs):
    found = locate(photographs, ARM_GEOMETRY)
    a, b = overlapping_boxes(found)
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    assert len(pairs) == len(a)
    assert all(found.image[one] == found.image[other] for one, other in pairs)
    shared = box_coverage(found.xyxy_px[:, None], found.xyxy_px) > 0
    shared &= found.image[:, None] == found.image
    np.fill_diagonal(shared, val=False)
    assert pairs.issuperset(zip(*(side.tolist() for side in np.nonzero(shared)), strict=True))


@given(sessions(min_size=1), st.integers(0, 1000))
def test_points_lie_in_the_boxes_of_their_own_picture_alone(photographs, seed):
    found = locate(photographs, ARM_GEOMETRY)
    rng = np.random.default_rng(seed)
    points = rng.uniform([0, 0], [SIZE.width_px, SIZE.height_px], (20, 2))
    image = rng.integers(len(photographs), size=20)
    boxes = found.xyxy_px
    is_in = (points[:, None] > boxes[:, :2]) & (points[:, None] < boxes[:, 2:])
    is_in = is_in.all(axis=2) & (image[:, None] == found.image)
    expected = np.flatnonzero(is_in.any(axis=1))
    assert lie_in_boxes(points, image, found).tolist() == expected.tolist()
