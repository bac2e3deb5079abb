"""What a measuring command writes down for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robot.judge import Score
from robot.session import SessionReport
from sorter.errors import StorageFullError


def score_document(scores: Iterable[Score], seconds: float) -> dict[str, Any]:
    """Return the sums over all sessions, their rates, and how long it all took."""
    rows = list(scores)
    total = Score.total(rows)
    return {
        "sessions": len(rows),
        **asdict(total),
        "right_rate": round(total.right_rate, 4),
        "hit_rate": round(total.hit_rate, 4),
        "seconds": round(seconds, 2),
    }


def write_json(file: Path, document: Mapping[str, Any]) -> None:
    """Write a document, and the folders that lead to it.

    Raises:
        StorageFullError: The file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageFullError(f"{file} cannot be written: {error}") from error


def session_row(report: SessionReport) -> dict[str, Any]:
    """Return one session's score beside its plan's key facts."""
    plan = report.plan
    return {
        "session_id": report.session_id,
        "arm_id": plan["arm_id"],
        "state": plan["state"],
        "kinds": sorted({item.kind for item in report.before.items}),
        **asdict(report.score),
        "found_items": len(plan["items"]),
        "found_containers": len(plan["containers"]),
        "set_aside": [aside["reason"] for aside in plan["set_aside"]],
        "commands": [
            {**command, "outcome": deed.outcome["result"]}
            for command, deed in zip(plan["commands"], report.deeds, strict=True)
        ],
    }
