"""Where the table's places appear in a picture, and the reverse."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sorter.errors import InvalidInputError
from sorter.geometry import pixel_from_servo, servo_from_table
from sorter.types import ArmGeometry, ImageSize


@dataclass(frozen=True, slots=True)
class View:
    """What the camera sees from one position, or a window of it.

    Attributes:
        position_pw: Servo 0 at which the picture is taken.
        size: Of the camera's full pictures, to which ``geometry`` belongs.
        resolution: Pixels of this view a pixel of the full picture.
        window_px: Left, top, width and height of the part that is wanted, in pixels of this
            view; ``None`` for all of it.
    """

    position_pw: float
    size: ImageSize = field(default_factory=lambda: ImageSize(1640, 1232))
    geometry: ArmGeometry = field(default_factory=ArmGeometry)
    resolution: float = 1.0
    window_px: tuple[int, int, int, int] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.resolution <= 4:
            raise InvalidInputError("resolution must lie above 0 and not above 4")
        if self.geometry.roll_deg or self.geometry.distortion:
            raise InvalidInputError(
                "a view is straight: give it a geometry without roll and distortion, and bend the "
                "picture afterwards"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels of this view."""
        if self.window_px is not None:
            return self.window_px[3], self.window_px[2]
        return (
            max(1, round(self.size.height_px * self.resolution)),
            max(1, round(self.size.width_px * self.resolution)),
        )

    @property
    def turn_rad(self) -> float:
        """How far the table appears turned clockwise, against a picture taken at 1500."""
        per_pw = self.geometry.rotation_range_deg / self.geometry.rotation_range_pw
        return float(np.radians((self.position_pw - 1500.0) * per_pw))

    @property
    def affine(self) -> NDArray[np.float64]:
        """The ``(2, 3)`` map from table points to points of this view."""
        corners = np.array([[0.0, 1500.0], [1000.0, 1500.0], [0.0, 2500.0]])
        origin, right, ahead = self.project(corners)
        linear = np.stack([right - origin, ahead - origin], axis=1) / 1000.0
        return np.column_stack([linear, origin - linear @ corners[0]])

    def project(self, xy_px: ArrayLike) -> NDArray[np.float64]:
        """Return where table points ``(n, 2)`` appear, ``(n, 2)`` x and y in pixels."""
        servo = servo_from_table(xy_px, self.size, self.geometry)
        full = pixel_from_servo(servo, self.position_pw, self.size, self.geometry)
        left, top = (0, 0) if self.window_px is None else self.window_px[:2]
        return np.asarray(full * self.resolution - (left, top))
