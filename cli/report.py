"""What a measuring command writes down for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from robot.clearing import Clearing, arm_seconds
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
        "flags": list(plan.get("flags", ())),
        "arm_seconds": round(arm_seconds(report), 2),
        "commands": [
            {**command, "outcome": deed.outcome["result"]}
            for command, deed in zip(plan["commands"], report.deeds, strict=True)
        ],
    }


def clearing_row(clearing: Clearing, seed: int) -> dict[str, Any]:
    """Return one table's final score beside key facts; of several passes, plan facts of the first.

    Args:
        seed: ``sorterbot demo --seed`` shows the same table.
    """
    first = clearing.passes[0]
    return {
        "seed": seed,
        "kinds": sorted({item.kind for item in first.before.items}),
        "containers": len(first.before.containers),
        **asdict(clearing.score),
        "found_items": len(first.plan["items"]),
        "found_containers": len(first.plan["containers"]),
        "set_aside": [aside["reason"] for aside in first.plan["set_aside"]],
        "state": first.plan["state"],
        "flags": sorted({flag for one in clearing.passes for flag in one.plan.get("flags", ())}),
        "passes": len(clearing.passes),
        "arm_seconds": round(clearing.arm_s, 2),
        "seconds": round(clearing.wall_s, 3),
        "first_pass": asdict(clearing.first_score),
        "left": [{"kind": one.kind, "why": one.why} for one in clearing.left],
    }


def tables_document(
    rows: Sequence[Mapping[str, Any]], scores: Sequence[Score], first_scores: Sequence[Score]
) -> dict[str, Any]:
    """Return what all tables came to beside their scores.

    Args:
        rows: Of :func:`clearing_row`.
        scores: Of the same tables, in the end.
        first_scores: After the first pass.
    """
    first, flags = Score.total(first_scores), Counter(flag for row in rows for flag in row["flags"])
    left = Counter(one["why"] for row in rows for one in row["left"])
    return {
        "first_pass": {
            "items_right": first.items_right,
            "right_rate": round(first.right_rate, 4),
            "hit_rate": round(first.hit_rate, 4),
        },
        "tables_all_right": sum(score.items_right == score.items for score in scores),
        "median_passes": median(row["passes"] for row in rows),
        "median_arm_seconds": median(row["arm_seconds"] for row in rows),
        "flagged": sum(bool(row["flags"]) for row in rows),
        "flags": dict(sorted(flags.items())),
        "left": dict(left.most_common()),
    }
