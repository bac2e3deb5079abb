"""The table from above: photographs of several positions laid over each other as one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from cli.canvas import NIGHT
from sorter.geometry import servo_from_pixel, table_from_servo
from sorter.types import ArmGeometry, ImageSize

FEATHER = 4.0
"""The higher, the narrower the seam between two photographs."""

SEEN = 5e-5
"""The least weight of a point that a photograph shows; its outermost pixels have twice that."""


@dataclass(frozen=True, slots=True)
class TableMap:
    """Where places of the arm's frame appear on a map seen from above, the arm at its foot.

    Attributes:
        centre_pw: Servo 0 that points straight up the map.
        left_px: The table's x at the map's left edge.
        top_px: The table's y at the map's top edge.
        scale: Pixels of the map a pixel of the photographs.
    """

    geometry: ArmGeometry
    size: ImageSize
    centre_pw: float
    left_px: float
    top_px: float
    width_px: int
    height_px: int
    scale: float

    @classmethod
    def around(
        cls, positions_pw: Sequence[float], geometry: ArmGeometry, size: ImageSize, width_px: int
    ) -> TableMap:
        """Return a map, ``width_px`` wide, that shows all that was seen from these positions."""
        centre_pw = (min(positions_pw) + max(positions_pw)) / 2
        edges = np.concatenate([_edge_servo(p, geometry, size) for p in positions_pw])
        flat = table_from_servo(edges, size, geometry, centre_pw)
        (left, bottom), (right, top) = flat.min(axis=0), flat.max(axis=0)
        scale = width_px / (right - left)
        height_px = round((top - min(bottom, 0.0)) * scale)
        return cls(geometry, size, centre_pw, left, top, width_px, height_px, scale)

    def place(self, servo_pw: ArrayLike) -> NDArray[np.float64]:
        """Return where places ``(n, 2)`` of the arm's frame appear, ``(n, 2)`` pixels."""
        flat = table_from_servo(servo_pw, self.size, self.geometry, self.centre_pw)
        return (flat - (self.left_px, self.top_px)) * (self.scale, -self.scale)

    @property
    def base_px(self) -> NDArray[np.float64]:
        """Where the arm's base axis stands."""
        return np.array([-self.left_px, self.top_px]) * self.scale


def _edge_servo(position_pw: float, geometry: ArmGeometry, size: ImageSize) -> NDArray[np.float64]:
    """Return places along the edges of a photograph, in the arm's frame."""
    w, h = size.width_px, size.height_px
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h], [0, 0]], np.float64)
    along = np.linspace(0, 1, 9)[:, None]
    edges = [a + along * (b - a) for a, b in pairwise(corners)]
    return servo_from_pixel(np.concatenate(edges), position_pw, size, geometry)


def stitch(
    photographs_rgb: Mapping[float, NDArray[np.uint8]], table: TableMap
) -> NDArray[np.uint8]:
    """Lay photographs, by the position that each was taken at, over each other on a map."""
    total = np.zeros((table.height_px, table.width_px, 3), np.float32)
    weights = np.zeros((table.height_px, table.width_px), np.float32)
    for position_pw, rgb in sorted(photographs_rgb.items()):
        small = cv2.resize(rgb, None, fx=table.scale, fy=table.scale, interpolation=cv2.INTER_AREA)
        affine, rows, columns = _placed(table, position_pw, small.shape)
        window = (columns.stop - columns.start, rows.stop - rows.start)
        laid = cv2.warpAffine(small, affine, window)
        weight = cv2.warpAffine(_feather(small.shape), affine, window)
        total[rows, columns] += laid * weight[..., None]
        weights[rows, columns] += weight
    is_seen = weights > SEEN
    stitched = np.full(total.shape, NIGHT, np.uint8)
    stitched[is_seen] = (total[is_seen] / weights[is_seen, None] + 0.5).astype(np.uint8)
    return stitched


def _placed(
    table: TableMap, position_pw: float, shape: Sequence[int]
) -> tuple[NDArray[np.float64], slice, slice]:
    """Return the map from a shrunk photograph into its window of the map, and that window.

    Returns:
        The ``(2, 3)`` affine map, and the window's rows and columns.
    """
    w, h = table.size.width_px, table.size.height_px
    corners = np.array([[0, 0], [w, 0], [0, h], [w, h]], np.float64)
    places = table.place(servo_from_pixel(corners, position_pw, table.size, table.geometry))
    left, top = np.floor(np.maximum(places.min(axis=0), 0)).astype(int)
    right, bottom = np.ceil(places.max(axis=0)).astype(int)
    shrunk = corners[:3] * (shape[1] / w, shape[0] / h)
    inside = places[:3] - (left, top)
    affine = cv2.getAffineTransform(shrunk.astype(np.float32), inside.astype(np.float32))
    rows = slice(int(top), min(int(bottom), table.height_px))
    return np.asarray(affine), rows, slice(int(left), min(int(right), table.width_px))


def _feather(shape: Sequence[int]) -> NDArray[np.float32]:
    """Return weights that fall from the picture's middle column and end at its edges."""
    x = 1 - np.abs(np.linspace(-1, 1, shape[1], dtype=np.float32))
    y = np.minimum(1 - np.abs(np.linspace(-1, 1, shape[0], dtype=np.float32)), 0.05) * 20
    return np.asarray(np.outer(y, x**FEATHER) + 1e-4, np.float32)
