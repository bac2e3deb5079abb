from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vision.fitting import fitted_size

SIDES = st.integers(16, 4096)
SIZES = st.tuples(SIDES, SIDES)


@given(SIZES, SIZES)
def test_a_picture_fits_and_touches_the_limit(
    size: tuple[int, int], limit: tuple[int, int]
) -> None:
    fitted = fitted_size(size, limit)
    assert max(fitted) <= max(limit)
    assert min(fitted) <= min(limit)
    assert max(fitted) == max(limit) or min(fitted) == min(limit)


@given(SIZES, SIZES)
def test_proportions_are_kept_to_a_pixel_or_a_hundredth(
    size: tuple[int, int], limit: tuple[int, int]
) -> None:
    width, height = fitted_size(size, limit)
    wanted = width * size[1] / size[0]
    assert abs(height - wanted) <= 0.011 * wanted + 1 + size[1] / size[0]


@given(SIZES, SIZES)
def test_a_picture_on_its_side_is_fitted_on_its_side(
    size: tuple[int, int], limit: tuple[int, int]
) -> None:
    if size[0] != size[1]:
        assert fitted_size(size[::-1], limit) == fitted_size(size, limit)[::-1]


@given(SIZES)
def test_a_picture_of_the_limits_size_stays_as_it_is(size: tuple[int, int]) -> None:
    assert fitted_size(size, size) == size


def test_the_arms_pictures_fill_the_input_of_the_nets_that_learnt_from_them() -> None:
    assert fitted_size((1640, 1232), (640, 480)) == (640, 480)


def test_networks_of_the_zoo_see_what_detectron2_would_show_them() -> None:
    """``ResizeShortestEdge(800, 1333)`` answers so."""
    assert fitted_size((1640, 1232), (1333, 800)) == (1065, 800)
    assert fitted_size((480, 640), (1333, 800)) == (800, 1067)
    assert fitted_size((2000, 500), (1333, 800)) == (1333, 333)


def test_a_picture_of_one_row_keeps_one() -> None:
    assert fitted_size((900, 1), (96, 64)) == (96, 1)
