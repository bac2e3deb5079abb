"""What callers may send: paths, queries, headers and JSON bodies, with their bounds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from sorter.types import (
    MAX_DISTORTION,
    MAX_ROLL_DEG,
    MIN_DISTORTION,
    Arm,
    ArmGeometry,
    ArmLimits,
)

MAX_PULSE_WIDTH_PW = 20_000.0
"""A servo is told its position anew every 20 ms, so no pulse is longer. Source: 50 Hz RC servos."""

MAX_SIZE_PX = 1_000_000.0
MAX_DEADLINE_S = 86_400.0
"""A day: well below the time for which the queue remembers a session's pictures."""

MAX_IMAGES = 10_000
MAX_OUTCOMES = 1_000
MAX_WAIT_S = 60.0


def _whole(value: object) -> object:
    """Take 5.0 for 5, as JSON Schema does: JSON knows one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _moment(value: object) -> object:
    """Read a time as RFC 3339 writes it, and nothing else: no number counts seconds here."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


Count = Annotated[int, BeforeValidator(_whole)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
PulseWidth = Annotated[float, Field(ge=0, le=MAX_PULSE_WIDTH_PW)]
# Text that PostgreSQL can keep: no control characters, so no NUL either.
PLAIN_TEXT = r"^[^\x00-\x1f\x7f]*$"


class Input(BaseModel):
    """A body in which nothing is unknown and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


class ArmPath(BaseModel):
    """Names an arm."""

    arm_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", json_schema_extra={"example": "arm-1"})


class SessionPath(BaseModel):
    """Names a session. Its form is described and not enforced: what is no id names nothing."""

    session_id: str = Field(
        json_schema_extra={
            "pattern": "^[0-9a-f]{32}$",
            "example": "0b7f8d0a9c3e4f6b8a1d2c3e4f5a6b7c",
        }
    )


class ImagePath(SessionPath):
    """Names a session and the servo position at which a picture was taken."""

    model_config = ConfigDict(allow_inf_nan=False)

    position_pw: PulseWidth = Field(
        description="Servo 0 at which the picture was taken, in microseconds of pulse width.",
        json_schema_extra={"example": 1500},
    )


class WaitQuery(BaseModel):
    """How long to wait for a plan."""

    model_config = ConfigDict(allow_inf_nan=False)

    wait: float = Field(
        default=0.0, ge=0, le=MAX_WAIT_S, description="Seconds to wait for the plan at most."
    )


class SessionHeader(BaseModel):
    """Makes the opening of a session repeatable."""

    idempotency_key: str | None = Field(
        default=None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Sent again with the same body, the same session comes back.",
    )


class EventsHeader(BaseModel):
    """Where an event stream goes on."""

    last_event_id: int = Field(
        default=0,
        alias="Last-Event-ID",
        ge=0,
        le=2**63 - 1,
        description="The id of the last event that was received; what came after it is sent.",
    )


class GeometryBody(Input):
    """How servo pulse widths turn into places on the table."""

    radius_px: float = Field(default=1500.0, gt=0, le=MAX_SIZE_PX)
    rotation_range_deg: float = Field(default=130.0, gt=0, le=360)
    rotation_range_pw: float = Field(default=1400.0, gt=0, le=MAX_PULSE_WIDTH_PW)
    dist_min_pw: PulseWidth = 1100.0
    dist_max_pw: PulseWidth = 2000.0
    roll_deg: float = Field(
        default=0.0,
        ge=-MAX_ROLL_DEG,
        le=MAX_ROLL_DEG,
        description="How far the camera is turned clockwise about its line of sight.",
    )
    distortion: float = Field(
        default=0.0,
        ge=MIN_DISTORTION,
        le=MAX_DISTORTION,
        description="Of the lens: a point at r half diagonals from the picture's centre appears at "
        "r (1 + distortion r^2).",
    )


class LimitsBody(Input):
    """The pulse widths that the servos may be sent to, ends included."""

    servo0_min_pw: PulseWidth = 800.0
    servo0_max_pw: PulseWidth = 2200.0
    servo1_min_pw: PulseWidth = 1100.0
    servo1_max_pw: PulseWidth = 2000.0


class ArmBody(Input):
    """One arm: its frame, its limits, and how well both are known. What is left out is default."""

    geometry: GeometryBody = Field(default_factory=GeometryBody)
    limits: LimitsBody = Field(default_factory=LimitsBody)
    repeatability_px: float | None = Field(
        default=None,
        ge=0,
        le=MAX_SIZE_PX,
        description="How far apart two sightings of one resting thing may be placed on the table.",
    )
    calibration_id: str | None = Field(default=None, max_length=200, pattern=PLAIN_TEXT)
    calibrated_at: Moment | None = Field(
        default=None, description="When; with its offset from UTC, as RFC 3339 writes it."
    )
    calibration_residual_px: float | None = Field(
        default=None,
        ge=0,
        le=MAX_SIZE_PX,
        description="How far sightings lay from their thing's place, as a root mean square.",
    )
    leave_unsure: bool = Field(
        default=False, description="Whether items of doubtful kind stay on the table."
    )

    def arm(self, arm_id: str) -> Arm:
        """Return the arm that this describes.

        Raises:
            InvalidInputError: A lower limit does not lie below its upper one.
        """
        return Arm(
            arm_id=arm_id,
            geometry=ArmGeometry(**self.geometry.model_dump()),
            limits=ArmLimits(**self.limits.model_dump()),
            repeatability_px=self.repeatability_px,
            calibration_id=self.calibration_id,
            calibrated_at=self.calibrated_at,
            calibration_residual_px=self.calibration_residual_px,
            leaves_unsure=self.leave_unsure,
        )


class SessionBody(Input):
    """What a session expects."""

    arm_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", json_schema_extra={"example": "arm-1"})
    expected_images: Count | None = Field(
        default=None,
        ge=1,
        le=MAX_IMAGES,
        description="After that many pictures the session completes by itself.",
    )
    deadline_s: float = Field(
        default=600.0,
        gt=0,
        le=MAX_DEADLINE_S,
        description="Seconds after which the session completes with the pictures that it has.",
    )
    min_images: Count = Field(
        default=1,
        ge=1,
        le=MAX_IMAGES,
        description="With fewer readable pictures the session fails.",
    )

    @model_validator(mode="after")
    def _check_enough_are_expected(self) -> Self:
        if self.expected_images is not None and self.expected_images < self.min_images:
            raise ValueError("min_images must not exceed expected_images")
        return self


class OutcomeBody(Input):
    """What became of one command."""

    command: Count = Field(ge=0, le=1_000_000, description="The command's `order` in the plan.")
    result: Literal["picked", "missed", "dropped"]
    note: str | None = Field(default=None, max_length=500, pattern=PLAIN_TEXT)


class OutcomesBody(Input):
    """What the robot managed. Of one command told twice, the later counts."""

    outcomes: list[OutcomeBody] = Field(min_length=1, max_length=MAX_OUTCOMES)
