"""A session's events as the records that the original's control panel shows.

Only the steps that the original's cloud service tells are told: the robot itself tells the panel
of 1, 8, 17, 18 and 25.

Source: docs/interfaces/sorterbot.md, the control panel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage.feeds import FeedEvent

NAME = "SORTERBOT_CLOUD"
COMMANDS = "comm_gen"
EXECUTION = "comm_exec"
SESSION_FINISHED = 25

_TIMES = logging.Formatter()


@dataclass(frozen=True, slots=True)
class PanelRecord:
    """One line of the panel's log.

    Attributes:
        log_type: A photograph's pulse width, ``comm_gen``, ``comm_exec``, ``before`` or ``after``.
        bm_id: The step of the session; ``None`` where it is none.
        is_last: Whether the panel is to show the session as finished.
    """

    log_type: str
    text: str
    bm_id: int | None = None
    level: int = logging.INFO
    is_last: bool = False


def panel_records(told: FeedEvent, *, in_bucket: bool) -> Sequence[PanelRecord]:
    """Return what the panel is told of an event, in order; nothing of one that it does not show.

    Args:
        in_bucket: Whether pictures are kept in an object store rather than on a disk.
    """
    kind, data = told.event.kind, told.event.data
    if kind == "image.received":
        return _received(data, in_bucket=in_bucket)
    make = _RECORDS.get(kind)
    return () if make is None else make(data)


def log_record(record: PanelRecord, told: FeedEvent, session_name: str) -> logging.LogRecord:
    """Return the record as Python's logging would have made it when the event happened.

    ``args`` holds nothing but whole numbers and texts without quotes: the panel makes JSON of its
    representation by turning every quote into a double one.
    """
    about: dict[str, Any] = {
        "arm_id": told.arm_id,
        "session_id": session_name,
        "log_type": record.log_type,
    }
    if record.bm_id is not None:
        about["bm_id"] = record.bm_id
    if record.is_last:
        about["session_finished"] = 1
    made = logging.LogRecord(
        NAME, record.level, "workers/panel_records.py", 0, record.text, (about,), None
    )
    made.created = told.event.at.timestamp()
    made.msecs = float(told.event.at.microsecond // 1000)
    made.message = record.text
    made.asctime = _TIMES.formatTime(made)  # the original's first handler leaves these two behind
    return made


def _received(data: Mapping[str, Any], *, in_bucket: bool) -> Sequence[PanelRecord]:
    log_type = _log_type(data)
    where, bm_id = ("uploaded to the object store", 6) if in_bucket else ("written to disk", 5)
    return (
        PanelRecord(log_type, f"Image {log_type} received.", 2),
        PanelRecord(log_type, f"Image {log_type} {where}.", bm_id),
    )


def _detected(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    log_type = _log_type(data)
    return (
        PanelRecord(log_type, f"Bounding boxes predicted: {data['n_detections']}.", 3),
        PanelRecord(log_type, f"Image {log_type} processed.", 7),
    )


def _image_failed(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    log_type = _log_type(data)
    text = f"Image {log_type} cannot be read: {data['reason']}"
    return (PanelRecord(log_type, text, level=logging.ERROR),)


def _sealed(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    if not data["is_overdue"]:
        return (
            PanelRecord(COMMANDS, f"Command generation started: {data['n_images']} images.", 9),
        )
    text = f"The session's time is over, {data['n_images']} images came."
    return (
        PanelRecord(COMMANDS, text, level=logging.WARNING),
        PanelRecord(COMMANDS, text, SESSION_FINISHED, is_last=True),
    )


def _sorting(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    return (PanelRecord(COMMANDS, f"Bounding boxes read, attempt {data['attempt']}.", 10),)


def _sorted(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    records = [
        PanelRecord(COMMANDS, "Absolute coordinates calculated, duplicates merged.", 15),
        PanelRecord(COMMANDS, f"Command generation finished: {data['n_commands']} commands.", 16),
    ]
    if data["n_failed"]:
        text = f"Images that could not be read: {data['n_failed']}."
        records.insert(0, PanelRecord(COMMANDS, text, level=logging.WARNING))
    return records


def _session_failed(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    return (PanelRecord(COMMANDS, f"No commands: {data['reason']}", level=logging.ERROR),)


def _outcomes(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    results = [outcome["result"] for outcome in data["outcomes"]]
    said = ", ".join(f"{result} {results.count(result)}" for result in sorted(set(results)))
    return (PanelRecord(EXECUTION, f"Commands carried out: {said or 'none'}."),)


def _panorama(data: Mapping[str, Any]) -> Sequence[PanelRecord]:
    which = data["which"]
    return (
        PanelRecord(COMMANDS, f"Panorama {which} made.", 13),
        PanelRecord(which, f"Panorama {which} saved.", 14),
    )


_RECORDS: Mapping[str, Callable[[Mapping[str, Any]], Sequence[PanelRecord]]] = {
    "image.detected": _detected,
    "image.failed": _image_failed,
    "session.sealed": _sealed,
    "session.sorting": _sorting,
    "session.done": _sorted,
    "session.partial": _sorted,
    "session.failed": _session_failed,
    "outcomes.saved": _outcomes,
    "panorama.saved": _panorama,
}


def _log_type(data: Mapping[str, Any]) -> str:
    """Return a photograph's pulse width as its file is called."""
    return f"{data['position_pw']:g}"
