"""What is told about a session while it runs, one function a kind of event.

Each returns the kind and its data, for any store to append in the transaction of the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storage.records import Document, ImageRecord, Outcome, SessionState

NewEvent = tuple[str, dict[str, Any]]
"""Kind and data."""


def session_opened(arm_id: str, expected_images: int | None) -> NewEvent:
    """Tell that a session takes pictures."""
    return "session.opened", {"arm_id": arm_id, "expected_images": expected_images}


def image_received(image: ImageRecord) -> NewEvent:
    """Tell that a picture was accepted."""
    return "image.received", _which(image)


def image_detected(image: ImageRecord, n_detections: int, model: str) -> NewEvent:
    """Tell that a picture was read."""
    return "image.detected", {**_which(image), "n_detections": n_detections, "model": model}


def image_failed(image: ImageRecord) -> NewEvent:
    """Tell that a picture could not be read."""
    return "image.failed", {**_which(image), "reason": image.failure}


def image_replayed(image: ImageRecord) -> NewEvent:
    """Tell that a picture that had failed is tried anew."""
    return "image.replayed", _which(image)


def image_retried(image: ImageRecord, reason: str | None) -> NewEvent:
    """Tell that an attempt has come to nothing; without a reason, its worker ended with it."""
    return "image.retried", {**_which(image), "attempt": image.attempt, "reason": reason}


def session_sealed(n_images: int, *, is_overdue: bool) -> NewEvent:
    """Tell that a session takes no more pictures."""
    return "session.sealed", {"n_images": n_images, "is_overdue": is_overdue}


def session_sorting(attempt: int) -> NewEvent:
    """Tell that a worker sorts a session."""
    return "session.sorting", {"attempt": attempt}


def session_sorted(state: SessionState, plan: Document, n_failed: int) -> NewEvent:
    """Tell that a session has its plan: ``session.done`` or ``session.partial``."""
    n_commands = len(plan.get("commands", ()))
    return f"session.{state.value}", {"n_commands": n_commands, "n_failed": n_failed}


def session_failed(reason: str) -> NewEvent:
    """Tell that a session gets no plan."""
    return "session.failed", {"reason": reason}


def outcomes_saved(outcomes: Sequence[Outcome]) -> NewEvent:
    """Tell what the robot managed."""
    said = [{"command": outcome.command, "result": outcome.result} for outcome in outcomes]
    return "outcomes.saved", {"outcomes": said}


def panorama_saved(which: str, name: str) -> NewEvent:
    """Tell that a session's pictures were drawn together, ``before`` or ``after`` its commands."""
    return "panorama.saved", {"which": which, "name": name}


def _which(image: ImageRecord) -> dict[str, Any]:
    return {"image_id": image.image_id, "index": image.index, "position_pw": image.position_pw}
