"""Times and numbers as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0


def duration(seconds: float | None) -> str:
    """Write a stretch of time in one unit: ``0.4 s``, ``12 s``, ``3 min``, ``5 h``, ``2 d``."""
    if seconds is None:
        return "–"
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    for unit, unit_s, until_s in (
        ("s", 1.0, 99.5),
        ("min", MINUTE_S, 99.5 * MINUTE_S),
        ("h", HOUR_S, 47.5 * HOUR_S),
    ):
        if seconds < until_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds / DAY_S:.0f} d"


def moment(at: datetime | None) -> str:
    """Write a time as ``2026-11-20 08:30:01``, in UTC."""
    return "–" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def count_of(n: int, one: str, many: str) -> str:
    """Write how many there are, with the right word: ``1 picture``, ``2,000 pictures``."""
    return f"{n:,} {one if n == 1 else many}"


def percent(share: float | None) -> str:
    """Write a share of 1 as ``2.5 %``; what is above nothing is never written as nothing."""
    if share is None:
        return "–"
    hundredths = 100 * share
    if hundredths in {0, 100}:
        return f"{hundredths:.0f} %"
    return f"{min(max(hundredths, 0.1), 99.9):.1f} %"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "duration": duration,
    "moment": moment,
    "count_of": count_of,
    "percent": percent,
}
