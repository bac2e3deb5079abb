"""Contact sheets: many small pictures on one, to look at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.camera import photograph_view
from robot.datasets import RenderedViews
from robot.kinds import kind_named
from robot.table import Light, Optics, Scene, Surface, TableItem
from robot.view import View

_CELL_PX = 176
_DAYLIGHT = Light(3.9, 0.95, 0.5, 0.45, 5.0, 0.05)
_CLEAN = Optics(0.0, 0.5, 4.0, 1.05, 92)


def kind_sheet(
    names: Sequence[str], n_each: int, seed: int, cell_px: int = _CELL_PX
) -> NDArray[np.uint8]:
    """Return a picture with one row a kind, ``n_each`` things of it side by side."""
    rows = [[_portrait(name, seed + i, cell_px) for i in range(n_each)] for name in names]
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)
    for i, name in enumerate(names):
        at = (6, i * cell_px + 18)
        cv2.putText(sheet, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (20, 20, 20), 1, cv2.LINE_AA)
    return sheet


def contact_sheet(pictures: Sequence[NDArray[np.uint8]], n_columns: int) -> NDArray[np.uint8]:
    """Return pictures of one size in rows; what is left of the last row stays grey."""
    n_rows = -(-len(pictures) // n_columns)
    height, width = pictures[0].shape[:2]
    sheet = np.full((n_rows * height, n_columns * width, 3), 128, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = (i // n_columns) * height, (i % n_columns) * width
        sheet[y : y + height, x : x + width] = picture
    return sheet


def view_sheet(views: RenderedViews, n_columns: int, width_px: int) -> NDArray[np.uint8]:
    """Return all pictures of a dataset in rows, each made so wide, without their boxes."""
    pictures = []
    for i in range(len(views)):
        rgb = views[i][0]
        height_px = round(rgb.shape[0] * width_px / rgb.shape[1])
        small = cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA)
        pictures.append(np.asarray(small, np.uint8))
    return contact_sheet(pictures, n_columns)


def with_boxes(
    rgb: NDArray[np.uint8], xyxy_px: NDArray[np.float32], labels: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Return a copy of a picture with its boxes drawn in: items green, containers orange."""
    drawn = rgb.copy()
    for box, label in zip(xyxy_px, labels, strict=True):
        x_min, y_min, x_max, y_max = (round(float(at)) for at in box)
        colour = (255, 140, 0) if label else (0, 220, 60)
        cv2.rectangle(drawn, (x_min, y_min), (x_max - 1, y_max - 1), colour, 1)
    return drawn


def _portrait(name: str, seed: int, cell_px: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    length = float(rng.uniform(*kind_named(name).length_px))
    item = TableItem(name, (0.0, 1500.0), float(rng.uniform(0, 6.3)), length, seed)
    scene = Scene((item,), (), Surface("paper", 7, 256.0), _DAYLIGHT, _CLEAN, seed)
    left, top = 820 - cell_px // 2, 616 - cell_px // 2
    view = View(1500.0, window_px=(left, top, cell_px, cell_px))
    return photograph_view(scene, view, rng=rng).rgb
