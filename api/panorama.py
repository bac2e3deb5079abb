"""The table from above: a session's pictures, each laid where it was taken.

Where a picture lies follows from the arm's geometry alone, so a panorama cannot fail for lack of
things to recognise, as stitching does. Why it is drawn here and not in the browser, and what it
costs: docs/adr/0024-table-from-above.md.

Coordinates are those of :func:`sorter.geometry.table_from_servo`: the base axis is the origin, x
points to the right and y ahead, in pixels of the arm's pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from api.small_pictures import read_small
from sorter.errors import InvalidInputError
from sorter.geometry import (
    pixel_from_servo,
    servo_from_pixel,
    servo_from_table,
    table_from_servo,
)
from sorter.types import ArmGeometry, ImageSize, PositionArray

LONGEST_SIDE_PX = 1800
CELL_PX = 24
"""Within a cell of so many pixels a side a lens's bend is taken for a straight one."""

POINTS_A_SIDE = 8
"""Of a picture's outline, which a lens bends."""

SEAM_BLUR_PX = 3
GROUND = (70, 76, 80)
"""What no picture shows."""

Mesh: TypeAlias = list[tuple[tuple[int, int, int, int], tuple[float, ...]]]


@dataclass(frozen=True, slots=True)
class View:
    """One picture of a table: where it was taken, its size, and what returns its bytes.

    The bytes may be of a smaller copy, of the same proportions.
    """

    position_pw: float
    size: ImageSize
    load: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A part of the table, in its pixels."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def scale(self) -> float:
        """Pixels of the panorama for each of the table."""
        return min(1.0, LONGEST_SIDE_PX / max(self.x_max - self.x_min, self.y_max - self.y_min))

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the panorama."""
        width, height = self.x_max - self.x_min, self.y_max - self.y_min
        return max(round(width * self.scale), 1), max(round(height * self.scale), 1)


def outline_on_table(
    position_pw: float, size: ImageSize, geometry: ArmGeometry
) -> NDArray[np.float64]:
    """Return the outline of a picture on the table, ``(4 * POINTS_A_SIDE, 2)``, in its pixels."""
    along = np.linspace(0, 1, POINTS_A_SIDE, endpoint=False)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    ways = np.roll(corners, -1, axis=0) - corners
    unit = (corners[:, None] + along[:, None] * ways[:, None]).reshape(-1, 2)
    points = unit * [size.width_px, size.height_px]
    servo = servo_from_pixel(points, position_pw, size, geometry)
    return table_from_servo(servo, size, geometry)


def bounds_of(views: Iterable[View], geometry: ArmGeometry) -> Bounds:
    """Return what all pictures show together.

    Raises:
        InvalidInputError: There is no picture, or the base axis lies inside one.
    """
    outlines = [outline_on_table(view.position_pw, view.size, geometry) for view in views]
    if not outlines:
        raise InvalidInputError("there is no picture to lay onto the table")
    points = np.concatenate(outlines)
    return Bounds(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def draw_panorama(views: Sequence[View], geometry: ArmGeometry) -> Image.Image:
    """Lay pictures onto the table.

    Where several show a place, the one counts in whose direction it lies. One picture is in
    memory at a time, decoded no larger than it is drawn.

    Returns:
        RGB, of :attr:`Bounds.size_px`; what no picture shows is grey.

    Raises:
        InvalidInputError: There is no picture, one is damaged, or the base axis lies inside one.
    """
    ordered = sorted(views, key=lambda view: view.position_pw)
    bounds = bounds_of(ordered, geometry)
    canvas = Image.new("RGB", bounds.size_px, GROUND)
    painted = Image.new("L", bounds.size_px, 0)
    before: View | None = None
    for view in ordered:
        _lay(view, before, bounds, geometry, canvas, painted)
        before = view
    return canvas


def _lay(
    view: View,
    before: View | None,
    bounds: Bounds,
    geometry: ArmGeometry,
    canvas: Image.Image,
    painted: Image.Image,
) -> None:
    """Lay one picture over those of smaller positions, from its half of the way between on."""
    box = _box_of(view, bounds, geometry)
    enough_px = (
        round(view.size.width_px * bounds.scale),
        round(view.size.height_px * bounds.scale),
    )
    source = read_small(view.load(), enough_px)
    mesh = _mesh(view, box, bounds, geometry, source.size)
    size_px = (box[2] - box[0], box[3] - box[1])
    patch = source.transform(size_px, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
    whole = Image.new("L", source.size, 255)
    covered = whole.transform(size_px, Image.Transform.MESH, mesh, Image.Resampling.NEAREST)
    mask = covered
    if before is not None:
        own = _own_side(view, before, box, bounds, geometry)
        bare = ImageChops.invert(painted.crop(box))
        mask = ImageChops.darker(covered, ImageChops.lighter(own, bare))
    canvas.paste(patch, box[:2], mask)
    painted.paste(255, box[:2], covered)


def _box_of(view: View, bounds: Bounds, geometry: ArmGeometry) -> tuple[int, int, int, int]:
    """Return where on the panorama a picture lies: left, top, right and bottom, in whole pixels."""
    points = _panorama_from_table(outline_on_table(view.position_pw, view.size, geometry), bounds)
    low = np.clip(np.floor(points.min(axis=0)), 0, None).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0)), bounds.size_px).astype(int)
    return int(low[0]), int(low[1]), int(max(high[0], low[0] + 1)), int(max(high[1], low[1] + 1))


def _mesh(
    view: View,
    box: tuple[int, int, int, int],
    bounds: Bounds,
    geometry: ArmGeometry,
    source_px: tuple[int, int],
) -> Mesh:
    """Return for each cell of the box the quadrangle of the picture that appears there."""
    columns = _cuts(box[2] - box[0])
    rows = _cuts(box[3] - box[1])
    x, y = np.meshgrid(columns + box[0], rows + box[1])
    table = _table_from_panorama(np.stack([x.ravel(), y.ravel()], axis=1), bounds)
    servo = servo_from_table(table, view.size, geometry)
    pixels = pixel_from_servo(servo, view.position_pw, view.size, geometry)
    pixels *= np.array(source_px) / [view.size.width_px, view.size.height_px]
    grid = pixels.reshape(len(rows), len(columns), 2)
    return [
        (
            (int(columns[j]), int(rows[i]), int(columns[j + 1]), int(rows[i + 1])),
            (*grid[i, j], *grid[i + 1, j], *grid[i + 1, j + 1], *grid[i, j + 1]),
        )
        for i in range(len(rows) - 1)
        for j in range(len(columns) - 1)
    ]


def _cuts(length_px: int) -> NDArray[np.int64]:
    """Return where a side is cut into cells, both ends among them."""
    return np.append(np.arange(0, length_px, CELL_PX), length_px)


def _own_side(
    view: View,
    before: View,
    box: tuple[int, int, int, int],
    bounds: Bounds,
    geometry: ArmGeometry,
) -> Image.Image:
    """Return what of a box lies nearer to a picture's direction than to the one before."""
    seam_pw = (view.position_pw + before.position_pw) / 2
    quarter_pw = 90.0 * geometry.rotation_range_pw / geometry.rotation_range_deg
    reach = [[seam_pw + quarter_pw * step, geometry.dist_max_pw * 4] for step in (0, 0.5, 1)]
    far = table_from_servo(reach, view.size, geometry)
    points = _panorama_from_table(np.concatenate([[[0.0, 0.0]], far]), bounds) - box[:2]
    side = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
    ImageDraw.Draw(side).polygon([(float(x), float(y)) for x, y in points], fill=255)
    return side.filter(ImageFilter.BoxBlur(SEAM_BLUR_PX))


def _panorama_from_table(points: PositionArray, bounds: Bounds) -> PositionArray:
    """Return where table points are drawn; y points down there."""
    return (points - [bounds.x_min, bounds.y_max]) * [bounds.scale, -bounds.scale]


def _table_from_panorama(points: PositionArray, bounds: Bounds) -> PositionArray:
    return np.asarray(points, np.float64) / [bounds.scale, -bounds.scale] + [
        bounds.x_min,
        bounds.y_max,
    ]
