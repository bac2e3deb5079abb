"""Tables of which the truth is known, and photographs of them without any network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sorter.geometry import pixel_from_servo, servo_from_table
from sorter.sightings import Sightings, locate
from sorter.types import (
    ArmGeometry,
    Crop,
    Detections,
    FloatArray,
    ImageSize,
    Label,
    Photograph,
)

SIZE = ImageSize(1640, 1232)
ARM_GEOMETRY = ArmGeometry()
POSITIONS_PW = (1800.0, 1600.0, 1400.0, 1200.0, 1000.0)
LEAST_VISIBLE_PX = 16


@dataclass(frozen=True)
class Thing:
    """A rectangle on the table, its place in table pixels from the base axis."""

    x: float
    y: float
    width: float = 80
    length: float = 80
    label: Label = Label.ITEM
    turned_deg: float = 0
    kind: int = 0

    @property
    def corners_px(self) -> NDArray[np.float64]:
        """``(4, 2)``, on the table."""
        half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * (self.width, self.length)
        angle = np.radians(self.turned_deg)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.array([self.x, self.y]) + half @ turn.T


def make_container(x: float, y: float, side: float = 380, turned_deg: float = 0) -> Thing:
    """Return a square container."""
    return Thing(x, y, side, side, Label.CONTAINER, turned_deg)


@dataclass
class PhotographedTable:
    """A table, its photographs, and which thing each of their rows shows.

    It embeds crops, too: those of one kind all alike.
    """

    things: Sequence[Thing]
    positions_pw: Sequence[float] = POSITIONS_PW
    noise_px: float = 0.0
    seed: int = 0
    photographs: list[Photograph] = field(default_factory=list)
    shown: dict[tuple[str, int], Thing] = field(default_factory=dict)
    asked: list[list[Crop]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        for position_pw in self.positions_pw:
            self.photographs.append(self._photograph(position_pw, rng))

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        """Return ``(n, 8)``: one axis a kind."""
        self.asked.append(list(crops))
        kind_of = {
            Crop(photo.image_id, tuple(photo.detections.xyxy_px[row].tolist())): thing.kind
            for photo in self.photographs
            for row, thing in self._rows(photo.image_id)
        }
        return np.eye(8, dtype=np.float32)[[kind_of[crop] for crop in crops]]

    def _rows(self, image_id: str) -> list[tuple[int, Thing]]:
        return [(row, thing) for (name, row), thing in self.shown.items() if name == image_id]

    def _photograph(self, position_pw: float, rng: np.random.Generator) -> Photograph:
        image_id = f"image-{position_pw:g}"
        seen = [(thing, visible_box(thing, position_pw)) for thing in self.things]
        seen = [(thing, box) for thing, box in seen if (box[2:] - box[:2]).min() > LEAST_VISIBLE_PX]
        self.shown |= {(image_id, row): thing for row, (thing, _) in enumerate(seen)}
        boxes = np.array([box for _, box in seen]).reshape(-1, 4)
        boxes = clipped(boxes + self.noise_px * rng.uniform(-1, 1, boxes.shape))
        labels = np.array([thing.label for thing, _ in seen], np.int64)
        scores = rng.uniform(0.86, 1, len(seen)).astype(np.float32)  # nothing is faint
        found = Detections(boxes.astype(np.float32), labels, scores)
        return Photograph(image_id, position_pw, SIZE, found)


def visible_box(thing: Thing, position_pw: float) -> NDArray[np.float64]:
    """Return the box of a thing in the photograph taken at a position, clipped to it."""
    servo_pw = servo_from_table(thing.corners_px, SIZE, ARM_GEOMETRY)
    corners = pixel_from_servo(servo_pw, position_pw, SIZE, ARM_GEOMETRY)
    return clipped(np.concatenate([corners.min(axis=0), corners.max(axis=0)]))


def clipped(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of boxes that lies within the photograph."""
    return np.clip(boxes, 0, [SIZE.width_px, SIZE.height_px] * 2)


def scattered(n: int, seed: int, step_px: float = 190) -> list[Thing]:
    """Return so many items on a loose grid that reaches over all photographs."""
    rng = np.random.default_rng(seed)
    angles = np.radians(np.arange(-50, 51, 10))
    radii = np.arange(950, 2050, step_px)
    places = [(r * np.sin(a), r * np.cos(a)) for r in radii for a in angles]
    chosen = rng.permutation(len(places))[:n]
    return [
        Thing(
            *(places[number] + rng.uniform(-15, 15, 2)),
            width=rng.uniform(40, 90),
            length=rng.uniform(60, 100),
            turned_deg=rng.uniform(0, 90),
            kind=int(rng.integers(3)),
        )
        for number in chosen
    ]


def seen(
    *boxes: Sequence[float], scores: Sequence[float] | None = None, n_images: int = 1
) -> Sightings:
    """Return sightings of these boxes, in their order, spread over so many pictures."""
    xyxy_px = np.array(boxes, np.float32).reshape(-1, 4)
    all_scores = np.array(scores or [0.9] * len(boxes), np.float32)
    photographs = [
        Photograph(
            f"image-{number}",
            1500.0,
            SIZE,
            Detections(
                xyxy_px[number::n_images],
                np.zeros(len(xyxy_px[number::n_images]), np.int64),
                all_scores[number::n_images],
            ),
        )
        for number in range(n_images)
    ]
    found = locate(photographs, ARM_GEOMETRY)
    order = [next(i for i in range(len(found)) if (found.xyxy_px[i] == box).all()) for box in boxes]
    return found.take(np.array(order, np.intp))
