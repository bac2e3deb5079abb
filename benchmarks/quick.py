"""Whether something has become slow: ratios that hold on slow machines and on fast ones."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import pipeline, scale, sort
from benchmarks.load import Load
from benchmarks.load_pictures import save_heavy_pictures
from benchmarks.load_site import load_site

PICTURES = 300
PICTURE_BYTES = 300_000
ROBOTS = 8


@dataclass(frozen=True, slots=True)
class Guard:
    """One ratio and the worst that it may be.

    Attributes:
        is_floor: Whether the limit is the least, rather than the most.
    """

    name: str
    measure: Callable[[], float]
    limit: float
    is_floor: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value is within the limit."""
        return value >= self.limit if self.is_floor else value <= self.limit


def yardstick_ms() -> float:
    """Return the processor time of a fixed piece of work like a picture's: hash, JSON, Python."""
    data = bytes(PICTURE_BYTES)
    rows = [{"name": f"{number}", "value": number / 3} for number in range(200)]
    began_s = time.process_time()
    for _ in range(20):
        hashlib.sha256(data).hexdigest()
        json.loads(json.dumps(rows))
        sum(row["value"] == row["name"] for row in rows)
    return 1000 * (time.process_time() - began_s) / 20


def cpu_of_yardstick() -> float:
    """Return a picture's processor time, over all processes, as a multiple of the yardstick."""
    with tempfile.TemporaryDirectory() as folder, load_site("stand-in") as site:
        files = save_heavy_pictures(Path(folder), 8, PICTURE_BYTES)
        arms = site.arms(ROBOTS)

        def taken_ms(n: int) -> float:
            load = Load(site.stack.gateway_url, arms, files, [0.0] * n)
            return sum(site.measure(load).cpu_ms_a_picture().values())

        taken_ms(PICTURES // 4)
        return taken_ms(PICTURES) / yardstick_ms()


def speed_up() -> float:
    """Return how many times as fast four sleeping workers are as one."""
    one, four = (scale.measure(n, 3.0, 20_000)["pictures_per_s"] for n in (1, 4))
    return float(four / one)


def growth() -> float:
    """Return the growth exponent of merge and plan from 1,000 to 8,000 sightings."""
    rows = [sort.measure(n) for n in (1_000, 8_000)]
    return sort.exponents(rows)["total"]


def fraction_of_raw() -> float:
    """Return the whole path's pictures a second as a share of the raw network's."""
    return float(pipeline.run(24, 1, 1, Console(quiet=True))["fraction_of_raw"])


GUARDS = (
    Guard("growth exponent of merge and plan", growth, 1.35),
    Guard("processor time of a picture, in yardsticks", cpu_of_yardstick, 12.0),
    Guard("four sleeping workers over one", speed_up, 2.8, is_floor=True),
    Guard("whole path over raw network", fraction_of_raw, 0.6, is_floor=True),
)


def run(tell: Console, guards: tuple[Guard, ...] = GUARDS) -> list[str]:
    """Measure every ratio, and return the names of those beyond their limit."""
    broken = []
    for guard in guards:
        value = guard.measure()
        is_good = guard.holds(value)
        least_or_most = "at least" if guard.is_floor else "at most"
        verdict = "good" if is_good else "TOO SLOW"
        tell.print(f"{guard.name}: {value:.2f}, {least_or_most} {guard.limit:g}: {verdict}")
        if not is_good:
            broken.append(guard.name)
    return broken
