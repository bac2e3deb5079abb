"""All that was detected in a session as one sheet of small squares, in a fixed order."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from api.panorama import View
from api.small_pictures import read_small
from sorter.types import BoxArray

CELL_PX = 112
MOST_CELLS = 1024
"""Of one sheet: 32 by 32, which holds 38 MB while it is drawn."""

ROOM = 0.15
"""Left around a box, as a share of its longer side."""

GROUND = (70, 76, 80)


def columns_of(n_cells: int) -> int:
    """Return how many cells a sheet has in a row: as many as it has rows, or one more."""
    return max(math.ceil(math.sqrt(min(n_cells, MOST_CELLS))), 1)


def draw_crop_sheet(views: Sequence[View], boxes: Sequence[BoxArray]) -> Image.Image:
    """Draw what lies in each box of each picture, one cell after the other.

    The first picture's boxes come first, in their order; what is more than :data:`MOST_CELLS` is
    left out. Each box is shown whole, in a square around its middle.

    Args:
        boxes: ``(n, 4)`` for each view, xyxy, its pixels.

    Raises:
        InvalidInputError: A picture is damaged.
    """
    n_cells = min(sum(len(some) for some in boxes), MOST_CELLS)
    columns = columns_of(n_cells)
    sheet = Image.new("RGB", (columns * CELL_PX, max(-(-n_cells // columns), 1) * CELL_PX), GROUND)
    number = 0
    for view, found in zip(views, boxes, strict=True):
        shown = found[: n_cells - number]
        if len(shown):
            _draw_cells(sheet, view, shown, number, columns)
        number += len(shown)
    return sheet


def _draw_cells(sheet: Image.Image, view: View, boxes: BoxArray, number: int, columns: int) -> None:
    picture = read_small(view.load(), (view.size.width_px, view.size.height_px))
    for cell, (x_min, y_min, x_max, y_max) in enumerate(boxes.tolist(), number):
        half = (0.5 + ROOM) * max(x_max - x_min, y_max - y_min)
        x, y = (x_min + x_max) / 2, (y_min + y_max) / 2
        square = (round(x - half), round(y - half), round(x + half), round(y + half))
        piece = picture.crop(square).resize((CELL_PX, CELL_PX), Image.Resampling.BILINEAR)
        row, column = divmod(cell, columns)
        sheet.paste(piece, (column * CELL_PX, row * CELL_PX))
