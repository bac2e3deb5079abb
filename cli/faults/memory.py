"""What processes hold, looked at again and again, and whether it grows.

Read from ``/proc``, so on Linux alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import theilslopes

MB = 1_000_000
HOUR_S = 3600.0
WARM_UP_S = 60.0
"""Of a process's own life; what it takes in that time are its libraries and caches."""

LEAST_SAMPLES = 20
CONFIDENCE = 0.95

ALLOWED_MB_AN_HOUR = 1.0
ALLOWED_MB = 8.0
"""Beside the slope: arenas, pools and caches that fill once. It weighs little in a long run."""

_ANONYMOUS = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Growth:
    """How fast one process grows, in MB an hour, with the interval that holds the truth.

    The interval takes samples for independent, which memory's are not quite: it is too narrow
    rather than too wide.
    """

    name: str
    mb_an_hour: float
    low: float
    high: float
    span_s: float
    last_mb: float

    @property
    def is_proven(self) -> bool:
        """Whether it surely grew by more than is allowed in so long a time."""
        hours = self.span_s / HOUR_S
        return self.low * hours > ALLOWED_MB_AN_HOUR * hours + ALLOWED_MB

    @property
    def excluded_mb_an_hour(self) -> float:
        """The slowest growth that a run of this length would have called proven."""
        return ALLOWED_MB_AN_HOUR + ALLOWED_MB * HOUR_S / self.span_s


@dataclass(slots=True)
class Series:
    """What one process held, over its life."""

    at_s: list[float] = field(default_factory=list)
    n_bytes: list[int] = field(default_factory=list)
    n_files: list[int] = field(default_factory=list)


class Watch:
    """Notes the memory and the open files of named processes."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._series: dict[tuple[str, int], Series] = {}

    def look(self, pids: Mapping[str, Sequence[int]], now_s: float) -> None:
        """Note what the processes of each name hold now; those that are gone are passed over."""
        for name, numbers in pids.items():
            for pid in numbers:
                with suppress(OSError):
                    n_bytes, n_files = anonymous_bytes(self._proc, pid), n_open(self._proc, pid)
                    series = self._series.setdefault((name, pid), Series())
                    series.at_s.append(now_s)
                    series.n_bytes.append(n_bytes)
                    series.n_files.append(n_files)

    def growths(self) -> list[Growth]:
        """Return how each process grew that lived long enough to tell."""
        found = [growth(name, one.at_s, one.n_bytes) for (name, _), one in self._series.items()]
        return [one for one in found if one is not None]

    def most_files(self) -> dict[str, int]:
        """Return, of each name, the most files that one process had open after its warm-up."""
        most: dict[str, int] = {}
        for (name, _), one in self._series.items():
            warm = [n for at_s, n in zip(one.at_s, one.n_files, strict=True) if _is_warm(one, at_s)]
            if warm:
                most[name] = max([most.get(name, 0), *warm])
        return most


def growth(name: str, at_s: Sequence[float], n_bytes: Sequence[int]) -> Growth | None:
    """Return how a process grew after its warm-up; ``None`` where there is too little to tell.

    The slope is the median of those between any two samples, so that single peaks and steps
    back do not turn it.

    Source: P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, 1968.
    """
    times_s, held = np.asarray(at_s, float), np.asarray(n_bytes, float) / MB
    is_warm = times_s >= times_s[0] + WARM_UP_S if len(times_s) else np.zeros(0, bool)
    times_s, held = times_s[is_warm], held[is_warm]
    if len(times_s) < LEAST_SAMPLES:
        return None
    found = theilslopes(held, times_s / HOUR_S, CONFIDENCE)
    return Growth(
        name,
        float(found.slope),
        float(found.low_slope),
        float(found.high_slope),
        float(times_s[-1] - times_s[0]),
        float(held[-1]),
    )


def anonymous_bytes(proc: Path, pid: int) -> int:
    """Return what a process has taken for itself, neither files nor shared memory.

    Raises:
        OSError: There is no such process any more.
    """
    found = _ANONYMOUS.search((proc / str(pid) / "status").read_text())
    if found is None:
        raise ProcessLookupError(f"process {pid} has given its memory back")
    return int(found[1]) * 1024


def n_open(proc: Path, pid: int) -> int:
    """Return how many files, sockets among them, a process has open.

    Raises:
        OSError: It is gone, or somebody else's.
    """
    return sum(1 for _ in (proc / str(pid) / "fd").iterdir())


def _is_warm(series: Series, at_s: float) -> bool:
    return at_s >= series.at_s[0] + WARM_UP_S
