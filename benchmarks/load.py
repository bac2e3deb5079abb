"""Loads of pictures on a site, and what is known of each picture afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sorter.errors import SorterBotError

GIVE_UP_S = 600.0
GAMMA_SHAPE = 0.5
"""Of the pauses between arrivals: below 1 they come in bursts, as from robots that photograph."""


@dataclass(frozen=True, slots=True)
class Load:
    """Pictures to post.

    Attributes:
        arms: Names and keys; each posts one picture at a time.
        pictures: Files, of which each post takes one at random.
        after_s: When each picture is due, from the start; all at 0 for as fast as may be.
        is_sealing: Whether sessions are complete, and so sorted, after their last picture.
        positions_pw: Where each of ``pictures`` was taken: a session is then all of them, in
            their order. Else it is ten, wherever they were taken.
    """

    url: str
    arms: Sequence[tuple[str, str]]
    pictures: Sequence[Path]
    after_s: Sequence[float]
    is_sealing: bool = False
    positions_pw: Sequence[float] = ()

    def document(self) -> str:
        """Write it down for the process that posts."""
        return json.dumps(
            {
                "url": self.url,
                "arms": list(self.arms),
                "pictures": [str(file) for file in self.pictures],
                "after_s": list(self.after_s),
                "is_sealing": self.is_sealing,
                "positions_pw": list(self.positions_pw),
            }
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """One picture that the gateway accepted; times as seconds since 1970.

    Attributes:
        due_at: When it should have been sent.
        sent_at: When its last byte had been sent.
        answered_at: When the gateway's answer had been read.
        n_refused: How often there was no room for it before.
    """

    session_id: str
    image_id: str
    due_at: float
    sent_at: float
    answered_at: float
    n_refused: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What a load came to, as those who posted saw it; their processor time in seconds."""

    posted: tuple[Posted, ...]
    cpu_s: float


def run_apart(module: str, document: str, within_s: float) -> Any:
    """Run a module in a process of its own that reads one JSON document and writes another.

    Raises:
        SorterBotError: It fails, or does not end within so many seconds.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=document,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SorterBotError(f"{module} did not end within {within_s:g} s") from error
    if done.returncode != 0:
        raise SorterBotError(f"{module} failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def send(load: Load) -> Sent:
    """Post a load from a process of its own, and return when the last answer has come.

    Raises:
        SorterBotError: A picture was answered with anything but an acceptance or a full queue, or
            not all of them in time.
    """
    told = run_apart("benchmarks.load_robots", load.document(), GIVE_UP_S)
    if told["failures"]:
        raise SorterBotError(f"a robot failed: {told['failures'][0]}")
    return Sent(tuple(Posted(**row) for row in told["rows"]), told["cpu_s"])


def gamma_arrivals(n: int, per_s: float, seed: int = 0) -> list[float]:
    """Return when each of ``n`` pictures is due so that on average ``per_s`` come in a second."""
    rng = np.random.default_rng(seed)
    pauses_s = rng.gamma(GAMMA_SHAPE, 1 / (GAMMA_SHAPE * per_s), n)
    return [float(at_s) for at_s in np.cumsum(pauses_s) - pauses_s[0]]


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of times, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Return those of at least one time."""
        p50, p95, p99 = np.percentile(seconds, [50, 95, 99]) * 1000
        return cls(round(float(p50), 3), round(float(p95), 3), round(float(p99), 3))


def growth_exponents(sizes: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """Return by which power the time grew from each size to the next."""
    points: NDArray[np.float64] = np.log(np.column_stack([sizes, seconds]))
    return [float((b[1] - a[1]) / (b[0] - a[0])) for a, b in pairwise(points)]
