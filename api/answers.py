"""What the gateway answers, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from sorter.types import Arm
from storage.records import ImageRecord, ImageState, Outcome, SessionRecord, SessionState

JSON = "application/json"


def answer(
    model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Write an answer as JSON."""
    return Response(model.model_dump_json(), status, dict(headers or {}), content_type=JSON)


class GeometryAnswer(BaseModel):
    """How servo pulse widths turn into places on the table."""

    model_config = ConfigDict(from_attributes=True)

    radius_px: float
    rotation_range_deg: float
    rotation_range_pw: float
    dist_min_pw: float
    dist_max_pw: float
    roll_deg: float
    distortion: float


class LimitsAnswer(BaseModel):
    """The pulse widths that the servos may be sent to, ends included."""

    model_config = ConfigDict(from_attributes=True)

    servo0_min_pw: float
    servo0_max_pw: float
    servo1_min_pw: float
    servo1_max_pw: float


class ArmAnswer(BaseModel):
    """One arm, as it is known now."""

    arm_id: str
    geometry: GeometryAnswer
    limits: LimitsAnswer
    repeatability_px: float | None
    calibration_id: str | None
    calibrated_at: datetime | None
    calibration_residual_px: float | None
    leave_unsure: bool

    @classmethod
    def of(cls, arm: Arm) -> Self:
        """Describe an arm."""
        return cls(
            arm_id=arm.arm_id,
            geometry=GeometryAnswer.model_validate(arm.geometry),
            limits=LimitsAnswer.model_validate(arm.limits),
            repeatability_px=arm.repeatability_px,
            calibration_id=arm.calibration_id,
            calibrated_at=arm.calibrated_at,
            calibration_residual_px=arm.calibration_residual_px,
            leave_unsure=arm.leaves_unsure,
        )


class ProgressAnswer(BaseModel):
    """How far a session is: ``n_finished`` of ``n_images`` pictures are looked at."""

    stage: str = Field(description="photographing, detecting, sorting or finished")
    n_images: int = Field(description="Pictures taken in so far.")
    n_expected: int | None
    n_finished: int = Field(description="Pictures looked at, failed ones included.")
    n_detected: int
    n_failed: int


class FailedImageAnswer(BaseModel):
    """A picture that could not be read."""

    image_id: str
    position_pw: float
    reason: str


class LinksAnswer(BaseModel):
    """Where to go on, as paths on this gateway."""

    session: str
    commands: str
    events: str
    complete: str
    outcomes: str

    @classmethod
    def of(cls, session_id: str) -> Self:
        """Return the paths of one session."""
        at = f"/sessions/{session_id}"
        return cls(
            session=at,
            commands=f"{at}/commands",
            events=f"{at}/events",
            complete=f"{at}/complete",
            outcomes=f"{at}/outcomes",
        )


class SessionAnswer(BaseModel):
    """A session: its state, how far it is, and why it is not done yet."""

    session_id: str
    arm_id: str
    state: SessionState
    progress: ProgressAnswer
    why: str | None = Field(description="One sentence: why it is not done; null where it is.")
    failed_images: list[FailedImageAnswer]
    min_images: int
    opened_at: datetime
    deadline_at: datetime
    sealed_at: datetime | None
    finished_at: datetime | None
    links: LinksAnswer

    @classmethod
    def of(cls, session: SessionRecord, images: Sequence[ImageRecord] = ()) -> Self:
        """Describe a session, with the failed ones of its pictures."""
        return cls(
            session_id=session.session_id,
            arm_id=session.arm.arm_id,
            state=session.state,
            progress=_progress(session),
            why=why_not_done(session),
            failed_images=[
                FailedImageAnswer(
                    image_id=image.image_id,
                    position_pw=image.position_pw,
                    reason=image.failure or "unknown",
                )
                for image in images
                if image.state is ImageState.FAILED
            ],
            min_images=session.min_images,
            opened_at=session.opened_at,
            deadline_at=session.deadline_at,
            sealed_at=session.sealed_at,
            finished_at=session.finished_at,
            links=LinksAnswer.of(session.session_id),
        )


def _progress(session: SessionRecord) -> ProgressAnswer:
    n_finished = session.n_detected + session.n_failed
    return ProgressAnswer(
        stage=_stage(session.state, has_unfinished=n_finished < session.n_images),
        n_images=session.n_images,
        n_expected=session.expected_images,
        n_finished=n_finished,
        n_detected=session.n_detected,
        n_failed=session.n_failed,
    )


def _stage(state: SessionState, *, has_unfinished: bool) -> str:
    if state is SessionState.OPEN:
        return "photographing"
    if state.is_final:
        return "finished"
    return "detecting" if has_unfinished else "sorting"


def why_not_done(session: SessionRecord) -> str | None:
    """Return one sentence that says what a session waits for, or why it failed."""
    n_unfinished = session.n_images - session.n_detected - session.n_failed
    if session.state is SessionState.OPEN:
        expected = session.expected_images
        of_expected = f" of {expected}" if expected is not None else ""
        return (
            f"It waits for more pictures: {session.n_images}{of_expected} have come; "
            f"it completes by itself at {session.deadline_at.isoformat(timespec='seconds')}."
        )
    if session.state is SessionState.SEALED and n_unfinished:
        return f"{n_unfinished} of its {session.n_images} pictures are not looked at yet."
    if session.state is SessionState.SEALED:
        return "All its pictures are looked at; it waits to be sorted."
    if session.state is SessionState.SORTING:
        return "Its commands are being worked out."
    if session.state is SessionState.FAILED:
        return session.failure or "It failed, and nobody said why."
    return None


class ImageAnswer(BaseModel):
    """A picture that was taken in. Sent again, the same bytes get the same answer."""

    image_id: str
    session_id: str
    index: int
    position_pw: float
    width_px: int
    height_px: int
    n_bytes: int
    sha256: str

    @classmethod
    def of(cls, image: ImageRecord) -> Self:
        """Describe a picture by what never changes."""
        return cls(
            image_id=image.image_id,
            session_id=image.session_id,
            index=image.index,
            position_pw=image.position_pw,
            width_px=image.size.width_px,
            height_px=image.size.height_px,
            n_bytes=image.n_bytes,
            sha256=image.sha256,
        )


class ServoAnswer(BaseModel):
    """A place, as servo pulse widths in microseconds."""

    servo0_pw: float
    servo1_pw: float


class CommandAnswer(BaseModel):
    """Pick here, drop there."""

    order: int
    item: int
    container: int
    cluster: int
    pick: ServoAnswer
    drop: ServoAnswer
    confidence: float = Field(ge=0, le=1)
    margin: float = Field(
        ge=0, le=1, description="How much nearer the item looks to its cluster than to the next."
    )
    is_unsure: bool = Field(description="Whether the item may as well belong to another cluster.")


class PlanAnswer(BaseModel):
    """The plan of a session. The stored document is returned as it stands; this describes it."""

    session_id: str
    state: SessionState
    arm_id: str
    calibration_id: str | None
    frame: str
    units: dict[str, str]
    models: dict[str, str]
    commands: list[CommandAnswer] = Field(description="In the order of execution.")
    items: list[dict[str, Any]]
    containers: list[dict[str, Any]]
    set_aside: list[dict[str, Any]]
    travel_pw: float
    flags: list[str] = Field(
        default=[],
        description="What to be warned of: calibration_stale, calibration_bad, images_missing, "
        "scene_changed.",
    )


class OutcomeAnswer(BaseModel):
    """What became of one command."""

    command: int
    result: str
    note: str | None


class OutcomesAnswer(BaseModel):
    """All that is known of a session's commands."""

    session_id: str
    outcomes: list[OutcomeAnswer]

    @classmethod
    def of(cls, session_id: str, outcomes: Sequence[Outcome]) -> Self:
        """Describe outcomes, by command."""
        return cls(
            session_id=session_id,
            outcomes=[
                OutcomeAnswer(command=o.command, result=o.result, note=o.note)
                for o in sorted(outcomes, key=lambda outcome: outcome.command)
            ],
        )


class HealthAnswer(BaseModel):
    """The process answers."""

    status: str = "ok"


class ReadyAnswer(BaseModel):
    """Whether a picture sent now would be taken in, and whether anybody would look at it."""

    ready: bool
    database: str
    image_store: str
    broker: str
    n_gpu_workers: int | None
    n_sort_workers: int | None
    note: str | None = Field(description="One sentence where something is not as it should be.")
