"""What the whole site holds, for ``/metrics``: looked up seldom, and never waited for long."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sorter.errors import TransientError
from storage.figures import SiteFigures
from storage.ports import Store
from storage.records import ImageState, SessionState
from workers.ports import QueueLengths, WorkQueue

KEPT_S = 5.0
"""One look serves every question within that time."""

PATIENCE_S = 2.0
"""Prometheus gives a gateway ten seconds; a database that hangs must not cost it the rest."""

QUEUES = ("gpu", "sort")

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found; ``None`` where database or broker did not answer."""

    rows: SiteFigures | None
    lengths: QueueLengths | None


BLIND = Look(None, None)


class SiteWatch:
    """Looks at rows and queues in a thread of its own, one look at a time.

    Args:
        alive_within_s: A worker heard of within that time counts.
    """

    def __init__(
        self,
        store: Store,
        queue: WorkQueue,
        monotonic_s: Callable[[], float],
        alive_within_s: float,
    ) -> None:
        self._alive_within_s = alive_within_s
        self._store = store
        self._queue = queue
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._looking: threading.Event | None = None
        self._found = BLIND
        self._found_at_s = -math.inf

    def look(self) -> Look:
        """Return what was found within the last :data:`KEPT_S`, or nothing after some patience."""
        with self._lock:
            if self._is_fresh():
                return self._found
            if self._looking is None:
                self._looking = threading.Event()
                args = (self._looking,)
                threading.Thread(target=self._look, args=args, name="figures", daemon=True).start()
            looking = self._looking
        looking.wait(PATIENCE_S)
        with self._lock:
            return self._found if self._is_fresh() else BLIND

    def _is_fresh(self) -> bool:
        return self._monotonic_s() - self._found_at_s < KEPT_S

    def _look(self, looking: threading.Event) -> None:
        found = Look(
            _answer(lambda: self._store.load_figures(self._alive_within_s)),
            _answer(self._queue.load_lengths),
        )
        with self._lock:
            self._found, self._found_at_s, self._looking = found, self._monotonic_s(), None
        looking.set()


class SiteCollector(Collector):
    """Says in the words of Prometheus what a look found; what it did not find is left out."""

    def __init__(self, watch: SiteWatch) -> None:
        self._watch = watch

    def collect(self) -> Iterator[Metric]:
        found = self._watch.look()
        yield _gauge(
            "sorterbot_database_up", "1 while the database answers.", found.rows is not None
        )
        yield _gauge(
            "sorterbot_broker_up", "1 while the broker answers.", found.lengths is not None
        )
        yield _gauge(
            "sorterbot_images_waiting",
            "Pictures of all sessions not yet looked at; NaN while the database is away.",
            math.nan if found.rows is None else found.rows.n_waiting,
        )
        if found.rows is not None:
            yield from _of_rows(found.rows)
        if found.lengths is not None:
            yield from _of_queues(found.lengths)


def _of_rows(rows: SiteFigures) -> Iterator[Metric]:
    yield _gauges(
        "sorterbot_sessions",
        "Sessions that are not over, and those opened within the last hour.",
        "state",
        {state.value: rows.sessions.get(state, 0) for state in SessionState},
    )
    yield _gauges(
        "sorterbot_unfinished_images",
        "Pictures that wait for a worker, and that one works on.",
        "state",
        {state.value: rows.images.get(state, 0) for state in ImageState if not state.is_final},
    )
    yield _gauges(
        "sorterbot_oldest_wait_seconds",
        "How long the picture, or the session to be sorted, has waited that waits longest.",
        "queue",
        {"gpu": rows.oldest_image_s, "sort": rows.oldest_session_s},
    )
    taken_s = {"0.5": rows.image_p50_s, "0.95": rows.image_p95_s}
    yield _gauges(
        "sorterbot_image_seconds",
        "From a picture's acceptance to its end, of those that ended in the last half minute.",
        "quantile",
        {quantile: taken for quantile, taken in taken_s.items() if taken is not None},
    )
    if rows.drained_per_s is not None:
        yield _gauge(
            "sorterbot_drained_images_per_second",
            "Pictures that ended, a second, over the last half minute.",
            rows.drained_per_s,
        )
    yield _gauge(
        "sorterbot_quarantined_images",
        "Pictures that used up their attempts and that nobody has looked after.",
        rows.n_quarantined,
    )
    yield _gauges(
        "sorterbot_workers",
        "Worker processes heard of within five seconds.",
        "queue",
        {queue: rows.workers.get(queue, 0) for queue in QUEUES},
    )


def _of_queues(lengths: QueueLengths) -> Iterator[Metric]:
    yield _gauges(
        "sorterbot_queue_messages",
        "Messages that wait in the broker.",
        "queue",
        {"gpu": lengths.gpu, "sort": lengths.sort},
    )
    yield _gauge(
        "sorterbot_unacknowledged_messages",
        "Messages that workers have taken and not yet acknowledged.",
        lengths.unacknowledged,
    )


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, float(value))


def _gauges(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[label])
    for of, value in values.items():
        family.add_metric([of], float(value))
    return family


def _answer(ask: Callable[[], Answer]) -> Answer | None:
    try:
        return ask()
    except TransientError:
        return None
    # A scrape must answer whatever the thing behind it does; what it did is logged.
    except Exception as error:  # noqa: BLE001
        log.warning("figures_unknown", reason=type(error).__name__)
        return None
