"""The fleet as one look at rows and queues gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.console.alarms import Alarm, find_alarms, is_quiet
from api.console.pace import WorkerPace, mean_pace, paces, quantile, workers_needed
from api.context import Context
from sorter.errors import TransientError
from storage.figures import SiteFigures
from storage.overview import N_HOURS, ArmHours, ArmNow
from workers.ports import QueueLengths

WINDOW_S = 600.0
MAX_TIMES = 3000
"""Of the last ten minutes, the newest so many pictures tell how long they wait."""


@dataclass(frozen=True, slots=True)
class ArmTile:
    """What one tile says."""

    now: ArmNow
    hours: ArmHours
    is_quiet: bool

    @property
    def label(self) -> str:
        """What the bars show, for those who cannot see them."""
        n, n_failed = sum(self.hours.received), sum(self.hours.failed)
        most = max(self.hours.received)
        return f"Last 24 hours: {n} pictures, at most {most} an hour, {n_failed} failed"


@dataclass(frozen=True, slots=True)
class Need:
    """The workers that it takes to hold a wait; ``n`` is ``None`` while no pace is known."""

    hold_s: float
    n: int | None
    n_now: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that the page shows.

    Attributes:
        lengths: ``None`` where the broker does not answer.
        wait_p50_s: From a picture's arrival until a worker took it, of the window; so ``..p95_s``.
        received_at_s: When the window's pictures came, rising.
    """

    tiles: Sequence[ArmTile]
    figures: SiteFigures
    lengths: QueueLengths | None
    wait_p50_s: float | None
    wait_p95_s: float | None
    received_at_s: Sequence[float]
    workers: Sequence[WorkerPace]
    alarms: Sequence[Alarm]

    @property
    def pace_per_s(self) -> float | None:
        """Pictures a second a worker."""
        return mean_pace(self.workers)

    def need(self, hold_s: float) -> Need:
        """Return how many workers it takes so that no picture waits longer."""
        pace, n_now = self.pace_per_s, self.figures.workers.get("gpu", 0)
        if pace is None:
            return Need(hold_s, None, n_now)
        n_waiting = self.figures.images.get("received", 0)
        return Need(hold_s, workers_needed(self.received_at_s, n_waiting, pace, hold_s), n_now)


def look_at_fleet(context: Context, hours: Mapping[str, ArmHours]) -> Fleet:
    """Look once; ``hours`` are the arms' days, which change slowly.

    Raises:
        TransientError: The database did not answer.
    """
    store = context.services.store
    figures = store.load_figures(context.settings.worker_alive_s)
    arms = store.load_arms_now()
    times = store.load_picture_times(WINDOW_S, MAX_TIMES)
    lengths = _lengths(context)
    waits_s = [
        (one.claimed_at - one.received_at).total_seconds() for one in times if one.claimed_at
    ]
    return Fleet(
        tiles=_tiles(arms, hours),
        figures=figures,
        lengths=lengths,
        wait_p50_s=quantile(waits_s, 0.5),
        wait_p95_s=quantile(waits_s, 0.95),
        received_at_s=[one.received_at.timestamp() for one in times],
        workers=paces(times),
        alarms=find_alarms(figures, arms, broker_answers=lengths is not None),
    )


def _lengths(context: Context) -> QueueLengths | None:
    try:
        return context.services.queue.load_lengths()
    except TransientError:
        return None


def _tiles(arms: Sequence[ArmNow], hours: Mapping[str, ArmHours]) -> list[ArmTile]:
    """Return a tile an arm, those that want looking after first."""
    nothing = [0] * N_HOURS
    tiles = [
        ArmTile(arm, hours.get(arm.arm_id, ArmHours(arm.arm_id, nothing, nothing)), is_quiet(arm))
        for arm in arms
    ]
    return sorted(tiles, key=lambda tile: (not tile.is_quiet, tile.now.arm_id))
