"""Tables that the stand-in networks can read: flat rectangles on black, seen by a small camera."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sorter.geometry import pixel_from_servo
from sorter.types import Arm, ArmGeometry, ImageSize, Label
from vision.stand_in import OF_RED, Mark

SIZE = ImageSize(204, 154)
"""An eighth of the usual camera's sides."""

GEOMETRY = ArmGeometry(radius_px=187.5)
POSITIONS_PW = (1000.0, 1200.0, 1400.0, 1600.0, 1800.0, 2000.0)
"""Where pictures are taken; each thing appears in two or three of them."""

KINDS = 3
N_ITEMS = 7
SIDE_PX = {Label.ITEM: 13, Label.CONTAINER: 29}
CELLS_PW = [(s0, s1) for s0 in np.linspace(1000, 2000, 8) for s1 in (1250.0, 1550.0, 1850.0)]
JITTER_PW = 12.0
RED = {label: red for red, label in OF_RED.items()}


def arm_named(arm_id: str) -> Arm:
    """Return an arm with this camera, calibrated."""
    return Arm(arm_id, GEOMETRY, repeatability_px=3.0, calibration_id="drawn")


@dataclass(frozen=True, slots=True)
class Thing:
    """One rectangle on the table."""

    label: Label
    kind: int
    number: int
    servo_pw: tuple[float, float]

    @property
    def colour(self) -> tuple[int, int, int]:
        """What the stand-in networks read it by; no two things of a table share one."""
        return RED[self.label], 40 + 100 * self.kind, 10 + 4 * self.number


@cache
def things_of(seed: int) -> tuple[Thing, ...]:
    """Return what lies on the table of this number: a container a kind, and the items."""
    rng = np.random.default_rng(seed)
    cells = rng.choice(len(CELLS_PW), KINDS + N_ITEMS, replace=False)
    jitter_pw = rng.uniform(-JITTER_PW, JITTER_PW, (len(cells), 2))
    places = np.array(CELLS_PW)[cells] + jitter_pw
    labels = [Label.CONTAINER] * KINDS + [Label.ITEM] * N_ITEMS
    return tuple(
        Thing(label, number % KINDS, number, (float(place[0]), float(place[1])))
        for number, (label, place) in enumerate(zip(labels, places, strict=True))
    )


@cache
def picture(seed: int, position_pw: float, mark: Mark | None = None) -> bytes:
    """Return the PNG of a table from one position, the same bytes every time.

    Args:
        mark: The harm that it is to do to whoever reads it.
    """
    pixels = np.zeros((SIZE.height_px, SIZE.width_px, 3), np.uint8)
    for thing in things_of(seed):
        _draw(pixels, thing, position_pw)
    if mark is not None:
        pixels[0, 0] = mark.value
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _draw(pixels: NDArray[np.uint8], thing: Thing, position_pw: float) -> None:
    centre = pixel_from_servo([thing.servo_pw], position_pw, SIZE, GEOMETRY)[0]
    half = SIDE_PX[thing.label] / 2
    x_min, y_min = np.maximum(np.rint(centre - half).astype(int), 0)
    x_max, y_max = np.maximum(np.rint(centre + half).astype(int), 0)
    pixels[y_min:y_max, x_min:x_max] = thing.colour
