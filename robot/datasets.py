"""Endless labelled pictures of virtual tables, for training and evaluation.

They fulfil the dataset Protocols of ``vision`` by their form alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.camera import encode_jpeg, photograph, photograph_view
from robot.kinds import CLUTTER, TRAINING_KINDS
from robot.outlines import place_against, place_over
from robot.table import Scene, TableContainer, TableItem
from robot.table_contents import MOST_CONTAINED
from robot.table_layout import make_scene
from robot.table_looks import make_container, make_item, make_light, make_optics, make_surface
from robot.view import View
from sorter.errors import InvalidInputError
from sorter.types import BoxArray, LabelArray

EMPTY_SHARE = 0.04
"""The share of tables with nothing on them."""

TOUCHING_SHARE = 0.15
"""Of free items, those laid against another one, on average: tables differ."""

COVERED_SHARE = 0.08
"""Of free items, those laid partly over another one, on average."""

MOST_CLUTTER = 6
"""Pieces of clutter on a table; half of the tables have none."""

POSITIONS_PW = (950.0, 1850.0)

CROP_MARGIN = 0.1
"""How much a box is grown on each side before it is cut out."""

_DIM_SHARE = 0.08
_NEAR, _AGAINST, _OVER = 0.12, 0.14, 0.1  # shares of crops with such a neighbour
_MOST_HIDDEN = 0.3
_LITTERED = 0.12
_CROP_JITTER = 0.05
_MOST_MISPLACED = 0.35  # of a side; a detector's boxes of touching things are so far off at times
_CROP_TILE_PX = 256.0


@dataclass(frozen=True, slots=True)
class RenderedViews:
    """Views of ``n`` tables: 1 to 4 containers, 0 to 18 free items, others contained.

    Each is squeezed as its camera's JPEG squeezes it, less where the view is smaller.
    """

    n: int
    seed: int
    resolution: float = 0.5
    kinds: Sequence[str] = TRAINING_KINDS

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], BoxArray, LabelArray]:
        """Return a picture, its boxes ``(n, 4)`` xyxy in its own pixels, and their labels."""
        rng = _chance(self.seed, index, self.n)
        scene = _dimmed(random_scene(rng, self.kinds), rng)
        position = float(rng.uniform(*POSITIONS_PW))
        photo = photograph(scene, position, rng=rng, resolution=self.resolution)
        quality = round(100 - (100 - scene.optics.jpeg_quality) * min(1.0, self.resolution))
        return _recompressed(photo.rgb, quality), photo.xyxy_px, photo.labels


@dataclass(frozen=True, slots=True)
class RenderedCrops:
    """Crops of ``n`` single things, cut at full camera resolution as a worker cuts them.

    Attributes:
        misplaced: The share of crops whose box is far off, as a detector's at times is: it takes
            in much of what lies beside the thing, or leaves a part of it out.
    """

    n: int
    seed: int
    kinds: Sequence[str] = TRAINING_KINDS
    misplaced: float = 0.0

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], int]:
        """Return a crop ``(h, w, 3)`` and the number of its kind in ``kinds``."""
        rng = _chance(self.seed, index, self.n)
        number = int(rng.integers(len(self.kinds)))
        is_misplaced = self.misplaced > 0 and rng.random() < self.misplaced
        return _crop(rng, self.kinds[number], self.kinds, is_misplaced), number


def random_scene(rng: np.random.Generator, kinds: Sequence[str] = TRAINING_KINDS) -> Scene:
    """Lay a table as they come: mostly full, at times empty, at times of one kind only.

    Some items touch or cover others, half of the tables are littered, containers stand empty or
    hold a few things of one kind.
    """
    if rng.random() < EMPTY_SHARE:
        return make_scene(rng, n_items=0, kinds=(), n_containers=0)
    while True:
        try:
            return _full_scene(rng, kinds)
        except InvalidInputError:
            continue  # that many have no room; other numbers will


def _full_scene(rng: np.random.Generator, kinds: Sequence[str]) -> Scene:
    n_containers = int(rng.integers(1, 5))
    n_free = int(rng.integers(0, (19, 18, 16, 13)[n_containers - 1], 2).max())
    n_kinds = int(rng.integers(1, min(len(kinds), 12) + 1))
    n_homes = min(n_containers, n_kinds)
    n_contained = int(rng.integers(0, (MOST_CONTAINED - 1) * n_homes + 1))
    n_contained = n_contained if rng.random() < 0.6 else 0
    chosen = [str(name) for name in rng.choice(list(kinds), n_kinds, replace=False)]
    return make_scene(
        rng,
        n_items=n_free + n_contained,
        kinds=chosen,
        n_containers=n_containers,
        n_contained=n_contained,
        touching=float(rng.uniform(0, 2 * TOUCHING_SHARE)),
        covered=float(rng.uniform(0, 2 * COVERED_SHARE)),
        n_clutter=int(rng.integers(1, MOST_CLUTTER + 1)) if rng.random() < 0.5 else 0,
    )


def _dimmed(scene: Scene, rng: np.random.Generator) -> Scene:
    """Return a scene as it is, or with most of its light off: lamps fail while arms work."""
    if rng.random() > _DIM_SHARE:
        return scene
    exposure = scene.optics.exposure * float(rng.uniform(0.3, 0.75))
    return replace(scene, optics=replace(scene.optics, exposure=exposure))


def _crop(
    rng: np.random.Generator, kind: str, kinds: Sequence[str], is_misplaced: bool
) -> NDArray[np.uint8]:
    """Photograph the few pixels around one thing, in or out of a container, and cut it out."""
    position = float(rng.uniform(*POSITIONS_PW))
    full = View(position)
    place = (float(rng.uniform(200, 1440)), float(rng.uniform(180, 1050)))
    centre = _table_point(full, place)
    item = make_item(rng, kind, centre)
    containers: tuple[TableContainer, ...] = ()
    if rng.random() < 0.15:
        away = rng.uniform(-70, 70, 2)
        containers = (
            make_container(rng, (centre[0] + float(away[0]), centre[1] + float(away[1]))),
        )
        item = replace(item, contained_in=0)
    items = (item, *_neighbours(rng, item, kinds))
    looks = (make_surface(rng, _CROP_TILE_PX), make_light(rng), make_optics(rng), 0)
    scene = Scene(items, containers, *looks, clutter=() if containers else _litter(rng, centre))
    scene = _dimmed(scene, rng)
    beyond = _MOST_MISPLACED if is_misplaced else 0.0
    reach = int(item.radius_px * (1 + 2.6 * CROP_MARGIN + 2 * beyond)) + 6
    window = (int(place[0]) - reach, int(place[1]) - reach, 2 * reach, 2 * reach)
    view = View(position, window_px=window)
    photo = photograph_view(scene, view, rng=rng)
    is_it = (photo.labels == 0) & (photo.indices == 0)
    rgb = _recompressed(photo.rgb, scene.optics.jpeg_quality)
    box = photo.xyxy_px[is_it][0]
    return _cut(rgb, _misplaced(box, rng) if is_misplaced else box, rng)


def _neighbours(
    rng: np.random.Generator, item: TableItem, kinds: Sequence[str]
) -> tuple[TableItem, ...]:
    """Return another thing, at times: close by, against the item, or over a part of it."""
    chance = rng.random()
    if chance > _NEAR + _AGAINST + _OVER:
        return ()
    other = make_item(rng, kinds[int(rng.integers(len(kinds)))], (0.0, 0.0))
    angle = float(rng.uniform(0, 2 * np.pi))
    aside = float(rng.uniform(-0.3, 0.3)) * item.length_px
    if chance < _NEAR:
        away = item.radius_px + other.radius_px + rng.uniform(0, 14)
        x, y = item.centre_xy_px
        place = (float(x + away * np.cos(angle)), float(y + away * np.sin(angle)))
    elif chance < _NEAR + _AGAINST:
        place = place_against(item, other, angle, aside)
    else:
        place = place_over(item, other, angle, aside, float(rng.uniform(0.05, _MOST_HIDDEN)))
    return (replace(other, centre_xy_px=place, contained_in=item.contained_in),)


def _litter(rng: np.random.Generator, near: tuple[float, float]) -> tuple[TableItem, ...]:
    """Return a piece of clutter that may show beside or beneath a thing, at times."""
    names = list(CLUTTER)
    if rng.random() > _LITTERED:
        return ()
    dx, dy = rng.uniform(-110, 110, 2)
    name = names[int(rng.integers(len(names)))]
    return (make_item(rng, name, (near[0] + float(dx), near[1] + float(dy))),)


def _table_point(view: View, place_px: tuple[float, float]) -> tuple[float, float]:
    affine = view.affine
    x, y = np.linalg.solve(affine[:, :2], np.asarray(place_px) - affine[:, 2])
    return float(x), float(y)


def _recompressed(rgb: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    data = np.frombuffer(encode_jpeg(rgb, quality), np.uint8)
    bgr = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(bgr[..., ::-1])


def _misplaced(xyxy_px: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Move one edge of a box far, at times another one, too: in or out."""
    size = np.tile(xyxy_px[2:] - xyxy_px[:2], 2)
    is_moved = np.zeros(4, np.bool_)
    is_moved[rng.integers(4, size=2)] = True
    by = rng.uniform(-_MOST_MISPLACED, _MOST_MISPLACED, 4) * is_moved
    return np.asarray(xyxy_px + size * by, np.float32)


def _cut(
    rgb: NDArray[np.uint8], xyxy_px: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Cut out a box, moved a little as a detector's would be, then grown."""
    size = np.tile(xyxy_px[2:] - xyxy_px[:2], 2)
    moved = xyxy_px + size * rng.normal(0, _CROP_JITTER / 1.5, 4).clip(
        -_CROP_JITTER * 2, _CROP_JITTER * 2
    )
    grown = moved + size * (-CROP_MARGIN, -CROP_MARGIN, CROP_MARGIN, CROP_MARGIN)
    height, width = rgb.shape[:2]
    x_min, y_min = np.floor(grown[:2]).clip(0).astype(int)
    x_max, y_max = np.ceil(grown[2:]).clip(1, (width, height)).astype(int)
    return np.ascontiguousarray(rgb[y_min:y_max, x_min:x_max])


def _chance(seed: int, index: int, n: int) -> np.random.Generator:
    if not 0 <= index < n:
        raise IndexError(index)
    return np.random.default_rng((seed, index))
