from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.crop_sheet import CELL_PX, MOST_CELLS, columns_of, draw_crop_sheet
from api.panorama import View
from sorter.types import ImageSize

SIZE = ImageSize(400, 300)


def make_view(colours: list[tuple[int, int, int]]) -> View:
    """Return a picture with a patch of each colour in a row, each 40 pixels from the next."""
    picture = Image.new("RGB", (SIZE.width_px, SIZE.height_px))
    for number, colour in enumerate(colours):
        picture.paste(colour, (40 * number, 100, 40 * number + 40, 140))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return View(1500.0, SIZE, buffer.getvalue)


def boxes_of(n: int) -> np.ndarray:
    left = 40 * np.arange(n, dtype=np.float32)[:, None]
    return np.hstack([left + 10, np.full_like(left, 110), left + 30, np.full_like(left, 130)])


def colour_at(sheet: Image.Image, cell: int, columns: int) -> tuple[int, ...]:
    row, column = divmod(cell, columns)
    at = (column * CELL_PX + CELL_PX // 2, row * CELL_PX + CELL_PX // 2)
    return tuple(sheet.getpixel(at))  # type: ignore[arg-type]  # three numbers


def test_cells_stand_in_the_order_of_pictures_and_boxes() -> None:
    first, second = [(200, 0, 0), (0, 200, 0)], [(0, 0, 200), (200, 200, 0), (0, 200, 200)]
    views = [make_view(first), make_view([]), make_view(second)]
    sheet = draw_crop_sheet(views, [boxes_of(2), boxes_of(0), boxes_of(3)])
    columns = columns_of(5)
    assert [colour_at(sheet, cell, columns) for cell in range(5)] == [*first, *second]
    assert sheet.size == (columns * CELL_PX, 2 * CELL_PX)


def test_a_box_is_shown_whole_whatever_its_proportions() -> None:
    picture = Image.new("RGB", (SIZE.width_px, SIZE.height_px))
    picture.paste((255, 255, 255), (50, 140, 350, 160))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    view = View(1500.0, SIZE, buffer.getvalue)
    sheet = draw_crop_sheet([view], [np.array([[50, 140, 350, 160]], np.float32)])
    lit = np.asarray(sheet.convert("L")) > 128
    assert lit.any(axis=0).sum() < CELL_PX
    assert lit.any(axis=0).sum() > CELL_PX / 2
    assert not lit[0].any()


@given(st.integers(0, 3000))
def test_a_sheet_is_as_wide_as_high_and_never_larger_than_stated(n: int) -> None:
    columns = columns_of(n)
    rows = -(-min(n, MOST_CELLS) // columns)
    assert columns * rows >= min(n, MOST_CELLS)
    assert rows <= columns <= 32


def test_no_more_is_decoded_than_is_drawn() -> None:
    def load() -> bytes:
        raise AssertionError("a picture without a cell was read")

    full = [boxes_of(9)] * (MOST_CELLS // 9 + 1)
    views = [make_view([(9, 9, 9)] * 9)] * len(full)
    sheet = draw_crop_sheet([*views, View(1.0, SIZE, load)], [*full, boxes_of(1)])
    assert max(sheet.size) == 32 * CELL_PX
