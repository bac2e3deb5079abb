"""Networks that stand in for real ones where faults are injected: quick, exact, without torch.

The pictures are drawn for them (:mod:`cli.faults.tables`): things in flat colours that say what
they are, on black. Red tells item from container, green its kind, blue its number. The pixel in
the top left corner may mark a picture that is to do harm, see :class:`Mark`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import Detections, FloatArray, Label
from vision.ports import RgbImage

STAND_IN = "stand-in"
OF_RED = {100: Label.ITEM, 200: Label.CONTAINER}
"""What a thing of that red is; other colours are no thing."""

HANG_S = 3600.0

Colour = tuple[int, int, int]


class Mark(Enum):
    """What a picture does to whoever reads it, by the colour of its top left pixel."""

    KILLS = (255, 0, 0)
    """Ends the process, as a fault in a network's own code would."""
    HANGS = (255, 255, 0)
    """Keeps the call from returning; the worker's watchdog has to end the process."""
    RAISES = (255, 0, 255)
    """Fails the call, and every batch that it is in."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the detector takes its time.

    Attributes:
        delay_s: Of each call, whatever it holds.
        picture_s: Of each further second a picture costs in a call.
    """

    delay_s: float = 0.0
    picture_s: float = 0.0


def is_stand_in(source: str) -> bool:
    """Whether the text names a stand-in, with options or without."""
    return source.partition(":")[0] == STAND_IN


def behaviour_from_source(source: str) -> Behaviour:
    """Read ``stand-in`` or ``stand-in:delay_s=0.2,picture_s=0.01``.

    Raises:
        InvalidInputError: An option is unknown, or no number from 0 up.
    """
    options: dict[str, float] = {}
    for text in filter(None, source.partition(":")[2].split(",")):
        name, _, value = text.partition("=")
        if name not in Behaviour.__dataclass_fields__:
            known = ", ".join(Behaviour.__dataclass_fields__)
            raise InvalidInputError(f"the stand-in detector knows {known}, not {name!r}")
        options[name] = _seconds(value, name)
    return Behaviour(**options)


def _seconds(text: str, name: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < HANG_S:
        raise InvalidInputError(f"{name} must be a number of seconds from 0 up, not {text!r}")
    return seconds


class StandInDetector:
    """Finds each flat-coloured thing of a picture, exactly."""

    version = "stand-in-detector@1"
    input_size_px = (4096, 4096)  # exact colours: no picture of theirs may be reduced
    score_threshold = 0.5

    def __init__(
        self, behaviour: Behaviour = Behaviour(), sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._behaviour = behaviour
        self._sleep = sleep

    @classmethod
    def from_source(cls, source: str) -> StandInDetector:
        """Make the detector that the text names.

        Raises:
            InvalidInputError: As :func:`behaviour_from_source` says.
        """
        return cls(behaviour_from_source(source))

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        """As :class:`vision.ports.Detector` says; does what a picture's mark asks for.

        Raises:
            RuntimeError: A picture is marked to fail its call.
        """
        delay_s = self._behaviour.delay_s + self._behaviour.picture_s * len(images_rgb)
        if delay_s:
            self._sleep(delay_s)
        for mark in filter(None, map(mark_of, images_rgb)):
            self._do_harm(mark)
        return [detections_of(image) for image in images_rgb]

    def _do_harm(self, mark: Mark) -> None:
        if mark is Mark.KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        if mark is Mark.HANGS:
            self._sleep(HANG_S)
        raise RuntimeError("this picture is marked to fail whoever reads it")


class StandInEmbedder:
    """Embeds a crop as its mean colour: things of one kind lie close."""

    version = "stand-in-embedder@1"

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        """As :class:`vision.ports.Embedder` says."""
        means = [crop.reshape(-1, 3).mean(axis=0) for crop in crops_rgb]
        return np.asarray(means, np.float32).reshape(-1, 3)


def mark_of(image_rgb: RgbImage) -> Mark | None:
    """Return the harm that a picture is marked to do."""
    corner = tuple(int(value) for value in image_rgb[0, 0])
    return next((mark for mark in Mark if mark.value == corner), None)


def detections_of(image_rgb: RgbImage) -> Detections:
    """Return the box around each colour that is a thing's, larger ones with a higher score."""
    codes = image_rgb.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    found = [_box_of(codes == code, int(code)) for code in np.unique(codes) if _is_thing(int(code))]
    if not found:
        return Detections.empty()
    found.sort(key=lambda one: (-one[2], one[0]))
    return Detections(
        np.array([box for box, _, _ in found], np.float32),
        np.array([label for _, label, _ in found], np.int64),
        np.array([score for _, _, score in found], np.float32),
    )


def _is_thing(code: int) -> bool:
    return code >> 16 in OF_RED


def _box_of(is_there: np.ndarray, code: int) -> tuple[tuple[int, int, int, int], Label, float]:
    rows, columns = np.nonzero(is_there.any(axis=1))[0], np.nonzero(is_there.any(axis=0))[0]
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    score = 0.9 + 0.1 * float(is_there.sum()) / is_there.size
    return box, OF_RED[code >> 16], score
