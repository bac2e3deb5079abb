"""A picture that an operator tries: a session of one picture that is detected and never sorted.

It hangs on an arm of its own, so that it takes its turn among the arms' pictures by the same
shares, in the same queue, in front of the same workers. The session stays open: nothing is
embedded or planned, and no sort of a robot's waits for it. After a day the sweep deletes it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from api.context import Context
from api.intake import take_in_picture
from sorter.errors import NotFoundError, SorterBotError
from sorter.types import Arm, ArmGeometry, Label
from storage.overview import TRIED_KEPT_S, TRY_ARM_ID
from storage.records import ImageState, SessionRecord
from storage.views import ReadImage

TRY_ARM = Arm(TRY_ARM_ID, ArmGeometry(radius_px=1e8))
"""So far from its base that a picture of any height suits it."""

POSITION_PW = 1500.0

CLASSES = {Label.ITEM: "item", Label.CONTAINER: "container"}


@dataclass(frozen=True, slots=True)
class Box:
    """One detection as the page lists it; ``xyxy_px`` as in :class:`sorter.types.Detections`."""

    kind: str
    score: float
    xyxy_px: tuple[float, float, float, float]


def try_picture(context: Context, data: bytes, request_id: str) -> str:
    """Put a picture in front of the workers and return its session's id, which nobody can guess.

    Raises:
        InvalidInputError: It is no picture that a worker could read.
        QueueFullError: As many pictures wait as may.
        TransientError: It could not be kept now.
    """
    session_id = _open(context)
    try:
        session = context.services.store.load_session(session_id)
        take_in_picture(context, session, POSITION_PW, data, request_id)
    except SorterBotError:
        context.services.store.delete_tried(session_id)
        raise
    return session_id


def load_tried(context: Context, session_id: str) -> tuple[SessionRecord, ReadImage]:
    """Return a tried picture and what is known of it.

    Raises:
        NotFoundError: There is none of that id, or no longer.
    """
    store = context.services.store
    session = store.load_session(session_id)
    images = store.load_read_images(session_id)
    if session.arm.arm_id != TRY_ARM_ID or not images:
        raise NotFoundError("there is no such picture, or its day is over")
    return session, images[0]


def describe_tried(context: Context, read: ReadImage) -> dict[str, Any]:
    """Return what the page shows, as a JSON object; boxes by falling score."""
    image = read.image
    return {
        "state": image.state.value,
        "why": _why(context, read),
        "is_final": image.state.is_final,
        "width_px": image.size.width_px,
        "height_px": image.size.height_px,
        "model": image.model,
        "took_s": (image.finished_at - image.received_at).total_seconds()
        if image.finished_at
        else None,
        "boxes": [asdict(box) for box in _boxes(read)],
    }


def _open(context: Context) -> str:
    store = context.services.store
    try:
        store.load_arm(TRY_ARM_ID)
    except NotFoundError:
        store.save_arm(TRY_ARM)
    session, _ = store.open_session(
        TRY_ARM_ID,
        expected_images=None,
        min_images=1,
        deadline_s=TRIED_KEPT_S,
        idempotency_key=None,
        request_id=None,
    )
    return session.session_id


def _why(context: Context, read: ReadImage) -> str | None:
    """Say why there are no boxes yet, or why there never will be."""
    state = read.image.state
    if state is ImageState.FAILED:
        return read.image.failure
    if state is ImageState.DETECTED:
        return None
    workers = context.services.store.load_workers(context.settings.worker_alive_s)
    if not any(worker.queue == "gpu" for worker in workers):
        return "No GPU worker is up; the picture waits for one."
    again = f" It is tried again: {read.last_error}" if read.last_error else ""
    if state is ImageState.DETECTING:
        return f"A worker has it in hand.{again}"
    return f"It waits for its turn.{again}"


def _boxes(read: ReadImage) -> list[Box]:
    if read.detections is None:
        return []
    found = read.detections
    rows = zip(found.labels.tolist(), found.scores.tolist(), found.xyxy_px.tolist(), strict=True)
    boxes = [Box(CLASSES[Label(label)], score, tuple(xyxy)) for label, score, xyxy in rows]
    return sorted(boxes, key=lambda box: -box.score)
