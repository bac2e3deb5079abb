"""The words that every folder shares: boxes, photographs, arms, items and plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidBoxError, InvalidInputError

BoxArray = NDArray[np.float32]
"""``(n, 4)`` float32, xyxy, pixels, origin at the picture's top left corner."""

FloatArray = NDArray[np.float32]
"""float32, any shape; the docstring of whoever uses it states shape and unit."""

PositionArray = NDArray[np.float64]
"""``(n, 2)`` float64: servo 0 and servo 1 pulse widths, or table coordinates in pixels."""

LabelArray = NDArray[np.int64]
"""``(n,)`` int64: the values of :class:`Label`, or the numbers of clusters."""


class Label(IntEnum):
    """What a detection is. The numbers are those that the original's networks gave."""

    ITEM = 0
    CONTAINER = 1


@dataclass(frozen=True, slots=True)
class ImageSize:
    """The size of a picture in pixels, both sides at least 1."""

    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        if self.width_px < 1 or self.height_px < 1:
            raise InvalidInputError(f"a picture has at least one pixel a side, not {self}")


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What a detector found in one picture, one row a detection.

    Attributes:
        xyxy_px: ``(n, 4)`` float32, each row finite with ``x_min < x_max`` and ``y_min < y_max``.
        labels: ``(n,)`` int64, values of :class:`Label`.
        scores: ``(n,)`` float32 in ``[0, 1]``.
    """

    xyxy_px: BoxArray
    labels: LabelArray
    scores: FloatArray

    def __post_init__(self) -> None:
        n = len(self.labels)
        if self.xyxy_px.shape != (n, 4) or self.labels.shape != (n,) or self.scores.shape != (n,):
            raise InvalidInputError(
                "detections need (n, 4) boxes, (n,) labels and (n,) scores, not "
                f"{self.xyxy_px.shape}, {self.labels.shape} and {self.scores.shape}"
            )
        x_min, y_min, x_max, y_max = self.xyxy_px.T
        if not bool(np.all((x_min < x_max) & (y_min < y_max) & np.isfinite(self.xyxy_px).all(1))):
            raise InvalidBoxError("every box needs x_min < x_max and y_min < y_max, all finite")
        if not bool(np.isin(self.labels, [int(label) for label in Label]).all()):
            raise InvalidInputError("a label is neither item nor container")
        if not bool(np.all((self.scores >= 0) & (self.scores <= 1))):
            raise InvalidInputError("a score lies outside 0 to 1")

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def empty(cls) -> Detections:
        """Return the detections of a picture in which nothing was found."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


MAX_ROLL_DEG = 45.0
MIN_DISTORTION = -0.14
"""Of :attr:`ArmGeometry.distortion`: below -4/27 no point would appear in the corners."""

MAX_DISTORTION = 0.5


@dataclass(frozen=True, slots=True)
class ArmGeometry:
    """How servo pulse widths turn into places on the table.

    Attributes:
        radius_px: From the base axis to the picture's centre, in image pixels.
        rotation_range_deg: The angle that servo 0 turns over ``rotation_range_pw``.
        rotation_range_pw: The pulse width range that belongs to that angle.
        dist_min_pw: Servo 1 where the picture's bottom edge crosses its middle column.
        dist_max_pw: Servo 1 where the picture's top edge crosses its middle column.
        roll_deg: How far the camera is turned clockwise about its line of sight.
        distortion: The lens's first radial coefficient: a point at ``r`` half diagonals from
            the picture's centre appears at ``r (1 + distortion r^2)``; barrels lie below 0.
            From -0.14, below which corners fold over, to 0.5.

    Source: the original's arm configuration, docs/interfaces/sorterbot.md; the last two, which
    it lacks, from D. C. Brown, Decentering distortion of lenses, 1966, first radial term only.
    """

    radius_px: float = 1500.0
    rotation_range_deg: float = 130.0
    rotation_range_pw: float = 1400.0
    dist_min_pw: float = 1100.0
    dist_max_pw: float = 2000.0
    roll_deg: float = 0.0
    distortion: float = 0.0

    def __post_init__(self) -> None:
        sizes = (self.radius_px, self.rotation_range_deg, self.rotation_range_pw)
        if not all(np.isfinite(size) and size > 0 for size in sizes):
            raise InvalidInputError("radius and rotation ranges must be finite and above zero")
        if not self.dist_min_pw < self.dist_max_pw:
            raise InvalidInputError("dist_min_pw must lie below dist_max_pw")
        if not -MAX_ROLL_DEG <= self.roll_deg <= MAX_ROLL_DEG:
            raise InvalidInputError(f"roll_deg must lie within {MAX_ROLL_DEG:g} either way")
        if not MIN_DISTORTION <= self.distortion <= MAX_DISTORTION:
            raise InvalidInputError(
                f"distortion must lie from {MIN_DISTORTION:g} to {MAX_DISTORTION:g}"
            )


@dataclass(frozen=True, slots=True)
class ArmLimits:
    """The pulse widths that the arm's servos may be sent to, in microseconds, ends included."""

    servo0_min_pw: float = 800.0
    servo0_max_pw: float = 2200.0
    servo1_min_pw: float = 1100.0
    servo1_max_pw: float = 2000.0

    def __post_init__(self) -> None:
        if not (
            self.servo0_min_pw < self.servo0_max_pw and self.servo1_min_pw < self.servo1_max_pw
        ):
            raise InvalidInputError(f"each lower limit must lie below its upper one: {self}")


@dataclass(frozen=True, slots=True)
class Arm:
    """One robot arm: its frame, its limits, and how well both are known.

    Attributes:
        repeatability_px: How far apart, on the table, two sightings of one resting thing may
            be placed; ``None`` where the arm was never calibrated.
        calibration_id: Names the calibration that ``geometry`` comes from; ``None`` for none.
        calibrated_at: When that was, aware; ``None`` where nobody said.
        calibration_residual_px: What it could not explain, as
            :attr:`~sorter.calibration.Calibration.residual_px`; ``None`` where nobody said.
        leaves_unsure: Whether items of which it is unsure where they belong stay on the table.
    """

    arm_id: str
    geometry: ArmGeometry = field(default_factory=ArmGeometry)
    limits: ArmLimits = field(default_factory=ArmLimits)
    repeatability_px: float | None = None
    calibration_id: str | None = None
    calibrated_at: datetime | None = None
    calibration_residual_px: float | None = None
    leaves_unsure: bool = False

    def __post_init__(self) -> None:
        if self.repeatability_px is not None and not self.repeatability_px >= 0:
            raise InvalidInputError("repeatability_px must be 0 or more")
        if self.calibration_residual_px is not None and not self.calibration_residual_px >= 0:
            raise InvalidInputError("calibration_residual_px must be 0 or more")
        if self.calibrated_at is not None and self.calibrated_at.utcoffset() is None:
            raise InvalidInputError("calibrated_at must say its offset from UTC")


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """One picture of a session: where it was taken and what was detected in it."""

    image_id: str
    position_pw: float
    size: ImageSize
    detections: Detections


@dataclass(frozen=True, slots=True, order=True)
class ServoPosition:
    """A place on the table in the arm's frame, as servo pulse widths in microseconds."""

    servo0_pw: float
    servo1_pw: float


@dataclass(frozen=True, slots=True, order=True)
class Crop:
    """The part of one picture that shows one thing; ``xyxy_px`` as in :class:`Detections`."""

    image_id: str
    xyxy_px: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Item:
    """One physical thing to sort, merged from its sightings.

    Attributes:
        position: Score-weighted mean place of its sightings.
        crop: The sighting that shows it best: uncut, uncovered, surely seen, large.
        score: The highest detection score of its sightings.
        sightings: ``(image_id, row)`` of every detection merged into it, sorted.
    """

    position: ServoPosition
    crop: Crop
    score: float
    sightings: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Container:
    """One place to put items, merged from its sightings. Attributes as in :class:`Item`."""

    position: ServoPosition
    crop: Crop
    score: float
    sightings: tuple[tuple[str, int], ...]


class Clustering(StrEnum):
    """How alike items become clusters. Source: docs/adr/0010-likeness.md."""

    KMEANS = "kmeans"
    SPHERICAL = "spherical"
    AGGLOMERATIVE = "agglomerative"


class SetAsideReason(StrEnum):
    """Why an item gets no command."""

    IN_CONTAINER = "in_container"
    UNCONFIRMED = "unconfirmed"
    FAINT = "faint"
    OUT_OF_REACH = "out_of_reach"
    NO_CONTAINER = "no_container"
    CONTAINER_OUT_OF_REACH = "container_out_of_reach"
    UNSURE = "unsure"


class Flag(StrEnum):
    """What a plan warns of, though it could be made."""

    CALIBRATION_STALE = "calibration_stale"
    CALIBRATION_BAD = "calibration_bad"
    IMAGES_MISSING = "images_missing"
    SCENE_CHANGED = "scene_changed"


@dataclass(frozen=True, slots=True)
class SetAside:
    """An item that stays where it is; ``item`` is its number in :attr:`Plan.items`."""

    item: int
    reason: SetAsideReason


@dataclass(frozen=True, slots=True)
class Command:
    """Pick here, drop there.

    Attributes:
        item: Its number in :attr:`Plan.items`.
        container: Its number in :attr:`Plan.containers`.
        cluster: The group of alike items that it belongs to.
        confidence: In ``[0, 1]``, the detector's score for the item.
        margin: In ``[0, 1]``, how much nearer the item's look is to its own cluster than to the
            next one: ``(d2 - d1) / d2``. It is 1 where there is no other cluster.
        is_unsure: Whether the margin is so small that the item may belong to the next cluster.
    """

    item: int
    container: int
    cluster: int
    pick: ServoPosition
    drop: ServoPosition
    confidence: float
    margin: float = 1.0
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session comes to: what lies on the table and the commands, in their order.

    Attributes:
        commands: In order of execution.
        items: Sorted by position; commands and ``set_aside`` refer to them by number.
        containers: Sorted by position.
        travel_pw: Servo travel of all commands from ``home``, slower servo counted.
        flags: What to be warned of, in the order of :class:`Flag`.
    """

    arm_id: str
    calibration_id: str | None
    commands: tuple[Command, ...]
    items: tuple[Item, ...]
    containers: tuple[Container, ...]
    set_aside: tuple[SetAside, ...]
    travel_pw: float
    flags: tuple[Flag, ...] = ()
