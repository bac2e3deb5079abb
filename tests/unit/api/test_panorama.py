from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.panorama import (
    GROUND,
    LONGEST_SIDE_PX,
    Bounds,
    View,
    bounds_of,
    draw_panorama,
    outline_on_table,
)
from sorter.errors import InvalidInputError
from sorter.geometry import pixel_from_servo, servo_from_pixel, servo_from_table, table_from_servo
from sorter.types import ArmGeometry, ImageSize

SIZE = ImageSize(164, 123)
POSITIONS_PW = (1300.0, 1500.0, 1700.0)
BENT = ArmGeometry(radius_px=150, roll_deg=7, distortion=-0.1)
STRAIGHT = ArmGeometry(radius_px=150)


def shade(table_px: np.ndarray) -> np.ndarray:
    """Return the colour of a made-up table at points ``(n, 2)``, smooth in both directions."""
    x, y = table_px.T
    return np.stack([128 + 100 * np.sin(x / 40), 128 + 100 * np.cos(y / 30), x / 4 + 128], axis=1)


def photograph(position_pw: float, geometry: ArmGeometry, size: ImageSize = SIZE) -> bytes:
    """Photograph the made-up table by the arm's formulas alone, pixel by pixel."""
    y, x = np.mgrid[: size.height_px, : size.width_px] + 0.5
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    table = table_from_servo(servo_from_pixel(points, position_pw, size, geometry), size, geometry)
    rgb = shade(table).reshape(size.height_px, size.width_px, 3).clip(0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def make_views(geometry: ArmGeometry, positions_pw: tuple[float, ...] = POSITIONS_PW) -> list[View]:
    def load(position_pw: float) -> Callable[[], bytes]:
        return lambda: photograph(position_pw, geometry)

    return [View(position_pw, SIZE, load(position_pw)) for position_pw in positions_pw]


def table_of(bounds: Bounds) -> np.ndarray:
    """Return the table's place of every pixel of a panorama."""
    width, height = bounds.size_px
    y, x = np.mgrid[:height, :width] + 0.5
    return np.stack(
        [x.ravel() / bounds.scale + bounds.x_min, bounds.y_max - y.ravel() / bounds.scale], axis=1
    )


@pytest.mark.parametrize("geometry", [STRAIGHT, BENT])
def test_what_a_panorama_shows_lies_where_it_lies_on_the_table(geometry: ArmGeometry) -> None:
    views = make_views(geometry)
    drawn = np.asarray(draw_panorama(views, geometry), np.float64)
    table = table_of(bounds_of(views, geometry))
    wanted = shade(table).clip(0, 255).reshape(drawn.shape)
    is_shown = (drawn != np.array(GROUND)).any(axis=2)
    assert is_shown.mean() > 0.5
    off = np.abs(drawn - wanted).max(axis=2)[is_shown]
    # A pixel beside the edge is mixed with what lies beyond; the colours change by 3 a pixel.
    assert np.quantile(off, 0.98) < 12


@pytest.mark.parametrize("geometry", [STRAIGHT, BENT])
def test_a_panorama_shows_every_place_that_a_picture_shows_and_no_other(
    geometry: ArmGeometry,
) -> None:
    views = make_views(geometry)
    drawn = np.asarray(draw_panorama(views, geometry))
    is_shown = (drawn != np.array(GROUND)).any(axis=2).ravel()
    table = table_of(bounds_of(views, geometry))
    servo = servo_from_table(table, SIZE, geometry)
    in_any = np.zeros(len(table), bool)
    for view in views:
        x, y = pixel_from_servo(servo, view.position_pw, SIZE, geometry).T
        in_any |= (x > 1) & (x < SIZE.width_px - 1) & (y > 1) & (y < SIZE.height_px - 1)
    assert is_shown[in_any].mean() > 0.999
    assert (is_shown & ~in_any).mean() < 0.03  # the margin of a pixel


def test_of_pictures_that_overlap_each_counts_in_its_own_direction() -> None:
    colours = {1400.0: (250, 10, 10), 1600.0: (10, 10, 250)}

    def load(position_pw: float) -> bytes:
        buffer = io.BytesIO()
        colour = colours[position_pw]
        Image.new("RGB", (SIZE.width_px, SIZE.height_px), colour).save(buffer, "PNG")
        return buffer.getvalue()

    views = [View(p, SIZE, lambda p=p: load(p)) for p in colours]  # type: ignore[misc]
    drawn = np.asarray(draw_panorama(views, STRAIGHT))
    bounds = bounds_of(views, STRAIGHT)
    for servo0_pw, colour in [(1480.0, (250, 10, 10)), (1520.0, (10, 10, 250))]:
        ((x, y),) = table_from_servo([[servo0_pw, 1550.0]], SIZE, STRAIGHT)
        pixel = drawn[
            int((bounds.y_max - y) * bounds.scale), int((x - bounds.x_min) * bounds.scale)
        ]
        assert np.abs(pixel.astype(int) - colour).max() < 30


@given(st.permutations(POSITIONS_PW))
@settings(max_examples=6)
def test_the_order_in_which_pictures_came_does_not_matter(positions_pw: list[float]) -> None:
    drawn = draw_panorama(make_views(BENT, tuple(positions_pw)), BENT)
    assert drawn.tobytes() == draw_panorama(make_views(BENT), BENT).tobytes()


@given(
    st.floats(800, 2200),
    st.floats(-45, 45),
    st.floats(-0.14, 0.5),
    st.integers(50, 4000),
)
def test_a_panorama_is_never_larger_than_stated(
    position_pw: float, roll_deg: float, distortion: float, width_px: int
) -> None:
    geometry = ArmGeometry(radius_px=4000, roll_deg=roll_deg, distortion=distortion)
    size = ImageSize(width_px, 1232)
    bounds = bounds_of([View(position_pw, size, lambda: b"")], geometry)
    assert max(bounds.size_px) <= LONGEST_SIDE_PX
    assert outline_on_table(position_pw, size, geometry).shape == (32, 2)


def test_small_copies_of_pictures_lie_where_the_pictures_do() -> None:
    def small(position_pw: float) -> bytes:
        with Image.open(io.BytesIO(photograph(position_pw, STRAIGHT))) as picture:
            buffer = io.BytesIO()
            picture.resize((82, 62), Image.Resampling.BOX).save(buffer, "PNG")
        return buffer.getvalue()

    whole = np.asarray(draw_panorama(make_views(STRAIGHT), STRAIGHT), np.float64)
    views = [View(p, SIZE, lambda p=p: small(p)) for p in POSITIONS_PW]  # type: ignore[misc]
    drawn = np.asarray(draw_panorama(views, STRAIGHT), np.float64)
    assert np.median(np.abs(drawn - whole)) < 4


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff no picture", b"\x89PNG\r\n\x1a\n no picture"])
def test_a_damaged_picture_is_told_as_such(data: bytes) -> None:
    with pytest.raises(InvalidInputError, match="readable"):
        draw_panorama([View(1500.0, SIZE, lambda: data)], STRAIGHT)


def test_no_picture_makes_no_panorama() -> None:
    with pytest.raises(InvalidInputError, match="no picture"):
        draw_panorama([], STRAIGHT)
