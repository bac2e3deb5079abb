"""Everything that a session's page draws, as one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import url_for

from api.answers import why_not_done
from api.console.drawings import drawing_name
from api.console.session_table import detections_document, table_document
from api.crop_sheet import CELL_PX, MOST_CELLS, columns_of
from storage.documents import arm_document
from storage.ports import Store
from storage.records import Document, Event, ImageRecord, ImageState, Outcome, SessionRecord
from storage.views import ReadImage, Replay

ALL_EVENTS = 5000
"""More than any session has: its pictures are read once each, and tried a few times."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session and all that hangs on it, as it was loaded."""

    session: SessionRecord
    images: Sequence[ReadImage]
    plan: Document | None
    explanation: Document | None
    events: Sequence[Event]
    outcomes: Sequence[Outcome]
    replays: Sequence[Replay]

    @property
    def is_read(self) -> bool:
        """Whether no picture comes any more, and each was looked at."""
        is_sealed = self.session.sealed_at is not None
        return is_sealed and all(read.image.state.is_final for read in self.images)

    @property
    def shown(self) -> list[ReadImage]:
        """The pictures that could be read."""
        return [read for read in self.images if read.image.state is ImageState.DETECTED]

    @property
    def n_detections(self) -> int:
        """Boxes in all pictures."""
        return sum(len(read.detections or ()) for read in self.images)


def load_session_view(store: Store, session_id: str) -> SessionView:
    """Load a session and all that hangs on it.

    Raises:
        NotFoundError: There is none.
    """
    session = store.load_session(session_id)
    is_sorted = session.state.is_final
    return SessionView(
        session=session,
        images=store.load_read_images(session_id),
        plan=store.load_plan(session_id) if is_sorted else None,
        explanation=store.load_explanation(session_id) if is_sorted else None,
        events=store.load_events(session_id, limit=ALL_EVENTS),
        outcomes=store.load_outcomes(session_id),
        replays=store.load_replays(session_id),
    )


def session_document(view: SessionView) -> dict[str, Any]:
    """Return what the page draws."""
    session, arm = view.session, view.session.arm
    table = table_document(view.images, arm.geometry, arm.limits, view.plan)
    return {
        "session_id": session.session_id,
        "arm_id": arm.arm_id,
        "state": session.state.value,
        "is_final": session.state.is_final,
        "why": why_not_done(session),
        "n_expected": session.expected_images,
        "opened_at": _at(session.opened_at),
        "sealed_at": _at(session.sealed_at),
        "finished_at": _at(session.finished_at),
        "images": [_image_document(read, view) for read in view.images],
        "table": table,
        "panorama": _panorama_address(view) if table is not None else None,
        "crops": _crops_document(view),
        "plan": view.plan,
        "explanation": view.explanation,
        "outcomes": {outcome.command: outcome.result for outcome in view.outcomes},
        "retries": [_retry(event) for event in view.events if event.kind == "image.retried"],
        "sorts": [_at(event.at) for event in view.events if event.kind == "session.sorting"],
        "replays": [_replay_document(replay) for replay in view.replays],
    }


def panorama_name(view: SessionView) -> str:
    """Return the name under which the session's table from above is kept."""
    taken = sorted((read.image.position_pw, read.image.sha256) for read in view.shown)
    geometry = sorted(arm_document(view.session.arm)["geometry"].items())
    return drawing_name(view.session.session_id, "table", f"{taken} {geometry}")


def crops_name(view: SessionView) -> str:
    """Return the name under which the sheet of all that was found is kept."""
    found = [
        (read.image.sha256, read.detections.xyxy_px.tolist())
        for read in view.shown
        if read.detections is not None
    ]
    return drawing_name(view.session.session_id, "crops", str(found))


def thumbnail_name(image: ImageRecord) -> str:
    """Return the name under which a picture's thumbnail is kept."""
    return drawing_name(image.session_id, "small", image.sha256)


def _image_document(read: ReadImage, view: SessionView) -> dict[str, Any]:
    image = read.image
    at = partial(url_for, session_id=image.session_id, image_id=image.image_id)
    return {
        "image_id": image.image_id,
        "position_pw": image.position_pw,
        "state": image.state.value,
        "failure": image.failure,
        "width_px": image.size.width_px,
        "height_px": image.size.height_px,
        "n_bytes": image.n_bytes,
        "model": image.model,
        "received_at": _at(image.received_at),
        "claimed_at": _at(read.claimed_at),
        "finished_at": _at(image.finished_at),
        "n_claims": read.n_claims,
        "last_error": read.last_error,
        "reading": None if read.reading is None else asdict(read.reading),
        "small": at("console.show_thumbnail"),
        "whole": at("console.show_picture"),
        "detections": detections_document(read, view.session.arm.geometry),
    }


def _panorama_address(view: SessionView) -> str | None:
    """Return where the table from above is; ``None`` while pictures may yet come."""
    if not view.is_read or not view.shown:
        return None
    session_id = view.session.session_id
    of = panorama_name(view).rpartition("-")[2].removesuffix(".jpg")
    return url_for("console.show_table", session_id=session_id, of=of)


def _crops_document(view: SessionView) -> dict[str, Any] | None:
    """Return where the sheet of crops is and how it is laid out; ``None`` while it may change."""
    if not view.is_read or not view.n_detections:
        return None
    session_id = view.session.session_id
    of = crops_name(view).rpartition("-")[2].removesuffix(".jpg")
    n_cells = min(view.n_detections, MOST_CELLS)
    columns = columns_of(n_cells)
    return {
        "address": url_for("console.show_crops", session_id=session_id, of=of),
        "cell_px": CELL_PX,
        "columns": columns,
        "rows": -(-n_cells // columns),
        "n": n_cells,
    }


def _replay_document(replay: Replay) -> dict[str, Any]:
    return {
        "replay_id": replay.replay_id,
        "detector": replay.detector,
        "embedder": replay.embedder,
        "state": replay.state.value,
        "asked_at": _at(replay.asked_at),
        "finished_at": _at(replay.finished_at),
        "result": replay.result,
        "failure": replay.failure,
    }


def _retry(event: Event) -> dict[str, Any]:
    return {
        "image_id": event.data["image_id"],
        "attempt": event.data["attempt"],
        "reason": event.data["reason"],
        "at": _at(event.at),
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
