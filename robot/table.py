"""What lies on the virtual table and in what light: plain values, nothing drawn.

Places are in the flat frame of :func:`sorter.geometry.table_from_servo`: pixels, origin at the
arm's base axis, x to the right, y ahead. Angles are in radians, clockwise as seen from above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds import kind_named
from robot.kinds.canvas import Rgb, arc, regular, rounded_box
from sorter.errors import InvalidInputError

Xy = tuple[float, float]
"""A place on the table, x and y in pixels."""


class ContainerShape(StrEnum):
    """The outline of a container."""

    ROUND = "round"
    OVAL = "oval"
    BOX = "box"
    ROUNDED = "rounded"
    HEXAGON = "hexagon"


class Stuff(StrEnum):
    """What a container is made of."""

    PLASTIC = "plastic"
    METAL = "metal"
    WOOD = "wood"
    CARDBOARD = "cardboard"
    CERAMIC = "ceramic"


@dataclass(frozen=True, slots=True)
class TableItem:
    """One thing to sort.

    Attributes:
        length_px: Diameter of a circle that it fits into, give or take 5%.
        seed: Decides its colours, proportions and wear.
        contained_in: The number of the container that it lies in; ``None`` where it lies free.
        layer: What is moved comes to lie over all lower layers; things are laid in layer 0.
    """

    kind: str
    centre_xy_px: Xy
    angle_rad: float
    length_px: float
    seed: int
    contained_in: int | None = None
    layer: int = 0

    def __post_init__(self) -> None:
        kind_named(self.kind)  # refuses a name that nothing has
        if not self.length_px > 0:
            raise InvalidInputError("a thing must be longer than 0 pixels")

    @property
    def radius_px(self) -> float:
        """Of a circle around its centre that holds it wholly."""
        return self.length_px * 0.55


@dataclass(frozen=True, slots=True)
class TableContainer:
    """One container; ``size_px`` is its width and depth before it is turned by ``angle_rad``."""

    shape: ContainerShape
    centre_xy_px: Xy
    size_px: tuple[float, float]
    angle_rad: float
    stuff: Stuff
    colour: Rgb
    seed: int

    def __post_init__(self) -> None:
        if not min(self.size_px) > 0:
            raise InvalidInputError("a container must be larger than 0 pixels")

    @property
    def outline_px(self) -> NDArray[np.float64]:
        """Its outline ``(k, 2)`` around its own centre, not turned, x right and y down."""
        return shape_outline(self.shape) * self.size_px

    @property
    def radius_px(self) -> float:
        """Of the circle around its centre that just holds it."""
        return float(np.hypot(*self.outline_px.T).max())

    @property
    def clearance_px(self) -> float:
        """How far from its centre its upright bounding box reaches, however it is turned."""
        turns = np.radians(np.arange(0, 90, 5))
        x, y = self.outline_px.T
        half_w = np.abs(np.outer(np.cos(turns), x) - np.outer(np.sin(turns), y)).max(axis=1)
        half_h = np.abs(np.outer(np.sin(turns), x) + np.outer(np.cos(turns), y)).max(axis=1)
        return float(np.hypot(half_w, half_h).max())

    def depth_px(self, xy_px: Xy) -> float:
        """Return how far inside its true outline a place on the table lies, below 0 outside."""
        right = xy_px[0] - self.centre_xy_px[0]
        down = self.centre_xy_px[1] - xy_px[1]
        c, s = np.cos(self.angle_rad), np.sin(self.angle_rad)
        own = (float(c * right + s * down), float(c * down - s * right))
        return cv2.pointPolygonTest(self.outline_px.astype(np.float32), own, measureDist=True)

    def holds(self, xy_px: Xy) -> bool:
        """Whether a place on the table lies within its true outline, the rim included."""
        return self.depth_px(xy_px) >= 0


@dataclass(frozen=True, slots=True)
class Surface:
    """What the table is made of.

    Attributes:
        name: A key of :data:`robot.surfaces.SURFACES`.
        tile_px: The side of the square that is drawn; beyond it, it is mirrored on and on.
    """

    name: str
    seed: int
    tile_px: float = 1536.0


@dataclass(frozen=True, slots=True)
class Light:
    """The lamp over the table.

    Attributes:
        azimuth_rad: Where the light comes from, clockwise from the table's x.
        elevation_rad: How high the lamp stands over the table.
        ambient: How much light comes from everywhere, in 0 to 1.
        shadow: How dark shadows are, in 0 to 1.
        softness_px: How soft the shadows' edges are.
        falloff: How much darker it is at the far side of the picture.
        tint: Red, green and blue of the lamp, about 1.
        second: How dark the shadows of a second lamp are, as a share of the first one's.
        second_azimuth_rad: Where that one's light comes from, clockwise from the table's x.
        band: How dark a soft shadow lies across the table, as of a beam, in 0 to 1.
        band_azimuth_rad: The direction across that shadow, clockwise from the table's x.
        band_at_px: How far in that direction its middle lies from the table's (0, 1500).
        band_px: Its width (sigma).
    """

    azimuth_rad: float
    elevation_rad: float
    ambient: float
    shadow: float
    softness_px: float
    falloff: float
    tint: Rgb = (1.0, 1.0, 1.0)
    second: float = 0.0
    second_azimuth_rad: float = 0.0
    band: float = 0.0
    band_azimuth_rad: float = 0.0
    band_at_px: float = 0.0
    band_px: float = 80.0


@dataclass(frozen=True, slots=True)
class Optics:
    """The camera's own faults: corner darkening, blur (sigma), noise (full range), exposure.

    Attributes:
        motion_px: The longest smear of a picture that is taken before the arm stands still.
        exposure_drift: How much brighter or darker pictures of one scene are (sigma, a share).
        tint_drift: How much redder or bluer pictures of one scene are (sigma, a share).
    """

    vignette: float
    blur_px: float
    noise: float
    exposure: float
    jpeg_quality: int
    motion_px: float = 0.0
    exposure_drift: float = 0.0
    tint_drift: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A table, what lies on it, its light and its camera. Nothing in it changes.

    Attributes:
        items: A later one of the same layer lies over an earlier one where the two meet.
        clutter: What is neither item nor container, under everything; it has no labels.
    """

    items: tuple[TableItem, ...]
    containers: tuple[TableContainer, ...]
    surface: Surface
    light: Light
    optics: Optics
    seed: int
    clutter: tuple[TableItem, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.containers)
        if any(
            item.contained_in is not None and not 0 <= item.contained_in < n for item in self.items
        ):
            raise InvalidInputError("an item lies in a container that is not on the table")

    @property
    def items_from_below(self) -> tuple[int, ...]:
        """The items' numbers in the order in which they lie on one another.

        What lies in containers comes first: a free item that reaches over a rim is above it.
        """

        def height(i: int) -> tuple[bool, int, int]:
            return self.items[i].contained_in is None, self.items[i].layer, i

        return tuple(sorted(range(len(self.items)), key=height))

    def with_item_at(self, i: int, xy_px: Xy, contained_in: int | None) -> Scene:
        """Return the scene with item ``i`` moved to a place, on top of whatever lies there."""
        top = 1 + max(item.layer for item in self.items)
        moved = replace(self.items[i], centre_xy_px=xy_px, contained_in=contained_in, layer=top)
        return replace(self, items=(*self.items[:i], moved, *self.items[i + 1 :]))

    def container_at(self, xy_px: Xy) -> int | None:
        """Return the number of the container that holds a place, ``None`` where there is none."""
        holding = (i for i, one in enumerate(self.containers) if one.holds(xy_px))
        return next(holding, None)


@lru_cache
def shape_outline(shape: ContainerShape) -> NDArray[np.float64]:
    """Return a shape's outline ``(k, 2)``, 1 wide and 1 deep, around its centre."""
    if shape is ContainerShape.BOX:
        return rounded_box(0, 0, 1, 1, 0.025)
    if shape is ContainerShape.ROUNDED:
        return rounded_box(0, 0, 1, 1, 0.2)
    if shape is ContainerShape.HEXAGON:
        return np.asarray(regular(6, 0.5))
    return arc(0, 0, 0.5, 0.5, n=97)[:-1]
