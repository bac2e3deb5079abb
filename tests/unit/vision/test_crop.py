from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorter.errors import InvalidBoxError
from vision.crop import MARGIN, crop_rgb

IMAGE = np.arange(60 * 80 * 3, dtype=np.uint32).astype(np.uint8).reshape(60, 80, 3)


def test_a_box_grows_by_its_margin_at_each_end() -> None:
    crop = crop_rgb(IMAGE, (20, 20, 40, 30))
    assert crop.shape == (10 + 2 * round(10 * MARGIN), 20 + 2 * round(20 * MARGIN), 3)
    np.testing.assert_array_equal(crop, IMAGE[19:31, 18:42])


def test_a_box_at_the_edge_is_clipped_to_the_picture() -> None:
    np.testing.assert_array_equal(crop_rgb(IMAGE, (0, 0, 80, 60)), IMAGE)
    np.testing.assert_array_equal(crop_rgb(IMAGE, (-50, -50, 200, 200)), IMAGE)


def test_a_crop_does_not_hold_on_to_its_picture() -> None:
    image = IMAGE.copy()
    crop = crop_rgb(image, (10, 10, 20, 20))
    image[:] = 0
    assert crop.any()


@given(
    st.floats(0, 79),
    st.floats(0, 59),
    st.floats(0.01, 80),
    st.floats(0.01, 60),
)
@settings(max_examples=80, deadline=None)
def test_a_crop_shows_all_of_its_box_that_the_picture_shows(
    x: float, y: float, width: float, height: float
) -> None:
    crop = crop_rgb(IMAGE, (x, y, x + width, y + height))
    assert crop.shape[0] >= min(60, int(y + height)) - int(y)
    assert crop.shape[1] >= min(80, int(x + width)) - int(x)
    assert min(crop.shape) >= 1


@pytest.mark.parametrize(
    "xyxy_px",
    [
        (5, 5, 5, 9),
        (9, 5, 5, 9),
        (5, 5, float("nan"), 9),
        (5, 5, float("inf"), 9),
        (200, 5, 210, 9),
        (5, -20, 9, -10),
    ],
)
def test_a_box_that_shows_nothing_is_refused(xyxy_px: tuple[float, ...]) -> None:
    with pytest.raises(InvalidBoxError):
        crop_rgb(IMAGE, xyxy_px)
