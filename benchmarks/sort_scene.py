"""Large tables for measuring the sort stage: things that many pictures show, and how they look.

With the number of things the arm grows longer, and so the strip of table that it turns over. Its
camera stays the same and takes more pictures: things lie as close together, and each is seen as
often, on every table. What grows is the amount of work, not how hard it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sorter.geometry import pixel_from_servo, travel_pw
from sorter.types import (
    Arm,
    ArmGeometry,
    BoxArray,
    Crop,
    Detections,
    FloatArray,
    ImageSize,
    Label,
    Photograph,
    PositionArray,
)

SIGHTINGS_A_THING = 10
N_CONTAINERS = 5
EMBEDDING_LENGTH = 512
"""Of the shipped embedder's values."""

SIZE = ImageSize(1640, 1232)
USUAL = ArmGeometry()
AREA_A_THING_PX = 100_000.0
"""Of table: forty things on that of the usual arm."""

FIRST_PW, LAST_PW = 900.0, 2100.0
NEAREST_PW, FARTHEST_PW = 1250.0, 1900.0
CONTAINERS_AT_PW = 1150.0
SIDE_PX = {Label.ITEM: 60.0, Label.CONTAINER: 100.0}
ERROR_PX = 0.7
"""Of a box's place: what the network errs."""

REPEATABILITY_PX = 3.0
UNLIKENESS = 0.02
"""Of each number of an embedding from its kind's: things of a kind look alike, not the same."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownEmbedder:
    """Looks at crops at no cost, since it knows which thing each shows.

    Attributes:
        of_things: ``(n, EMBEDDING_LENGTH)`` float32.
        shown: The number of the thing that a crop shows.
    """

    of_things: FloatArray
    shown: dict[Crop, int]

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        """As :class:`sorter.ports.CropEmbedder` says."""
        return self.of_things[[self.shown[crop] for crop in crops]]


@dataclass(frozen=True, slots=True, eq=False)
class SortScene:
    """What a session's networks say of one table."""

    arm: Arm
    photographs: tuple[Photograph, ...]
    embedder: KnownEmbedder

    @property
    def n_sightings(self) -> int:
        """Detections of items, of all pictures together."""
        return len(self.embedder.shown)


def make_scene(n_things: int, seed: int = 0) -> SortScene:
    """Return a table of so many items, each in about ``SIGHTINGS_A_THING`` pictures."""
    rng = np.random.default_rng(seed)
    geometry = _arm_for(n_things)
    arm = Arm("LONG", geometry, repeatability_px=REPEATABILITY_PX)
    items_pw = _scattered(n_things, geometry, rng)
    containers_pw = np.linspace(FIRST_PW + 50, LAST_PW - 50, N_CONTAINERS)
    places = {
        Label.ITEM: items_pw,
        Label.CONTAINER: np.column_stack([containers_pw, [CONTAINERS_AT_PW] * N_CONTAINERS]),
    }
    shown: dict[Crop, int] = {}
    photographs = [
        _photograph(f"{number:06}", at_pw, places, geometry, rng, shown)
        for number, at_pw in enumerate(_positions_pw(geometry).tolist())
    ]
    return SortScene(arm, tuple(photographs), KnownEmbedder(_looks(n_things, rng), shown))


def _arm_for(n_things: int) -> ArmGeometry:
    """Return an arm whose turn sweeps the area that the things need."""
    turn = math.radians(_degrees(LAST_PW - FIRST_PW))
    radius_px = n_things * AREA_A_THING_PX / (turn * SIZE.height_px)
    return ArmGeometry(radius_px=max(radius_px, USUAL.radius_px))


def _degrees(pulse_width: float) -> float:
    return pulse_width * USUAL.rotation_range_deg / USUAL.rotation_range_pw


def _positions_pw(geometry: ArmGeometry) -> NDArray[np.float64]:
    """Return where to take pictures so that each thing is in so many of them."""
    in_view_pw = math.degrees(2 * math.atan(SIZE.width_px / 2 / geometry.radius_px)) / _degrees(1)
    step_pw = in_view_pw / SIGHTINGS_A_THING
    return np.arange(FIRST_PW - in_view_pw / 2, LAST_PW + in_view_pw / 2, step_pw)


def _scattered(n: int, geometry: ArmGeometry, rng: np.random.Generator) -> PositionArray:
    """Return places on a loose grid, so that no two things lie in each other."""
    length_px = math.radians(_degrees(LAST_PW - FIRST_PW)) * geometry.radius_px
    rows = max(1, round(math.sqrt(n * SIZE.height_px / length_px)))
    columns = -(-n // rows)
    cells = rng.permutation(rows * columns)[:n]
    across = (cells // rows + rng.uniform(0.3, 0.7, n)) / columns
    along = (cells % rows + rng.uniform(0.3, 0.7, n)) / rows
    return np.column_stack(
        [
            FIRST_PW + across * (LAST_PW - FIRST_PW),
            NEAREST_PW + along * (FARTHEST_PW - NEAREST_PW),
        ]
    )


def _looks(n_things: int, rng: np.random.Generator) -> FloatArray:
    """Return an embedding of each thing, near that of its kind; one kind a container."""
    kinds = rng.normal(size=(N_CONTAINERS, EMBEDDING_LENGTH))
    kinds /= np.linalg.norm(kinds, axis=1)[:, None]
    own = kinds[rng.integers(N_CONTAINERS, size=n_things)]
    return np.asarray(own + rng.normal(scale=UNLIKENESS, size=own.shape), np.float32)


def _photograph(
    image_id: str,
    at_pw: float,
    places: dict[Label, PositionArray],
    geometry: ArmGeometry,
    rng: np.random.Generator,
    shown: dict[Crop, int],
) -> Photograph:
    """Return what one picture shows, and note in ``shown`` which thing each item's box is of."""
    boxes, labels = [], []
    for label, servo_pw in places.items():
        seen_px, things = _boxes(servo_pw, at_pw, SIDE_PX[label], geometry, rng)
        boxes.append(seen_px)
        labels.append(np.full(len(things), int(label), np.int64))
        if label is Label.ITEM:
            for (x_min, y_min, x_max, y_max), thing in zip(seen_px.tolist(), things, strict=True):
                shown[Crop(image_id, (x_min, y_min, x_max, y_max))] = int(thing)
    scores = rng.uniform(0.7, 1.0, sum(map(len, labels))).astype(np.float32)
    found = Detections(np.concatenate(boxes), np.concatenate(labels), scores)
    return Photograph(image_id, at_pw, SIZE, found)


def _boxes(
    servo_pw: PositionArray,
    at_pw: float,
    side_px: float,
    geometry: ArmGeometry,
    rng: np.random.Generator,
) -> tuple[BoxArray, NDArray[np.intp]]:
    """Return the boxes of the things whose middle a picture shows, and the things' numbers."""
    in_view_pw = travel_pw(servo_pw[:, :1] * [1, 0], [at_pw, 0]) * math.radians(_degrees(1))
    near = np.flatnonzero(in_view_pw * (geometry.radius_px - SIZE.height_px / 2) <= SIZE.width_px)
    middles_px = pixel_from_servo(servo_pw[near], at_pw, SIZE, geometry)
    middles_px += rng.normal(scale=ERROR_PX, size=middles_px.shape)
    sides_px = np.array([SIZE.width_px, SIZE.height_px])
    is_shown = ((middles_px > 1) & (middles_px < sides_px - 1)).all(axis=1)
    middles_px, near = middles_px[is_shown], near[is_shown]
    corners = [middles_px - side_px / 2, middles_px + side_px / 2]
    return np.hstack([corner.clip(0, sides_px) for corner in corners]).astype(np.float32), near
