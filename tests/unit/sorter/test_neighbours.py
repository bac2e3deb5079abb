from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from sorter.detection import box_coverage
from sorter.neighbours import covered_shares, overlapping_boxes
from sorter.sightings import locate
from tests.strategies import sessions
from tests.unit.sorter.tables import ARM_GEOMETRY, seen

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
