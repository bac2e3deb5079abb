"""What a worker process counts, in the words of Prometheus; docs/metrics.md says what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.records import ImageClaim, SessionClaim
from vision.memory import GpuMemory
from workers.batching import Call

PART_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
BATCH_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
OUTCOMES = ("detected", "failed", "released")
REPAIRS = (
    "images_published",
    "images_failed",
    "sessions_sealed",
    "sessions_published",
    "workers_forgotten",
)
CLAIMS = {ImageClaim: "image", SessionClaim: "session"}


class WorkerMetrics:
    """The counters of one worker process, in a registry of their own.

    Pictures a second are the rate of ``sorterbot_worker_images_total``; the mean batch is
    ``sorterbot_batch_images_sum`` by ``sorterbot_batch_images_count``.
    """

    def __init__(self, port: int | None = None) -> None:
        """Take the port to be asked on; without one nobody can ask."""
        self._port = port
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._count_pictures()
        self._count_calls()
        self._count_repairs()

    def _count_pictures(self) -> None:
        self.images = Counter(
            "sorterbot_worker_images",
            "Pictures that this worker is done with: detected, failed, or released to be tried "
            "again.",
            ["outcome"],
            registry=self.registry,
        )
        self.attempts = Counter(
            "sorterbot_attempts",
            "Claims of pictures and sessions, by the number of the attempt.",
            ["of", "attempt"],
            registry=self.registry,
        )
        self.decode_seconds = self._seconds(
            "sorterbot_decode_seconds", "From a picture's bytes to its pixels."
        )
        self.batch_wait_seconds = self._seconds(
            "sorterbot_batch_wait_seconds",
            "From a picture's pixels to the call of the network that answered it.",
        )
        self.batch_images = Histogram(
            "sorterbot_batch_images",
            "Pictures that one call of the network answered.",
            buckets=BATCH_SIZES,
            registry=self.registry,
        )
        self.forward_seconds = self._seconds(
            "sorterbot_forward_seconds", "One call of the network, whatever it held."
        )
        self.models = Gauge(
            "sorterbot_model_info",
            "Always 1: which model package this process uses, and what for.",
            ["role", "model"],
            registry=self.registry,
        )
        for outcome in OUTCOMES:
            self.images.labels(outcome)

    def _count_calls(self) -> None:
        self.task_seconds = self._seconds(
            "sorterbot_task_seconds", "One task, from its start to its end.", "task"
        )
        self.tasks = Counter(
            "sorterbot_tasks",
            "Tasks that ended, by how; IGNORED ones are left to another attempt.",
            ["task", "state"],
            registry=self.registry,
        )
        self.store_seconds = self._seconds(
            "sorterbot_store_seconds", "One call of the database, by the store's method.", "call"
        )
        self.image_store_seconds = self._seconds(
            "sorterbot_image_store_seconds", "One call of the image store.", "call"
        )
        self.sort_seconds = self._seconds(
            "sorterbot_sort_stage_seconds", "One stage of one session's sorting.", "stage"
        )

    def _count_repairs(self) -> None:
        self.sweeps = Counter(
            "sorterbot_sweeps", "Sweeps that came to their end.", registry=self.registry
        )
        self.repairs = Counter(
            "sorterbot_repairs",
            "What sweeps put right, by what it was.",
            ["what"],
            registry=self.registry,
        )
        self.chord_retries = Counter(
            "sorterbot_chord_retries",
            "Times that the counting of a session's picture had to be tried again.",
            registry=self.registry,
        )
        for what in REPAIRS:
            self.repairs.labels(what)

    def _seconds(self, name: str, says: str, *labels: str) -> Histogram:
        return Histogram(name, says, labels, buckets=PART_SECONDS, registry=self.registry)

    def note_call(self, call: Call) -> None:
        """Count one call of the network."""
        self.batch_images.observe(len(call.waited_s))
        self.forward_seconds.observe(call.took_s)
        for waited_s in call.waited_s:
            self.batch_wait_seconds.observe(waited_s)

    def note_store_call(self, name: str, took_s: float, result: Any) -> None:
        """Count one call of the store, and the attempt where it is a claim."""
        self.store_seconds.labels(name).observe(took_s)
        of = CLAIMS.get(type(result))
        if of is not None:
            self.attempts.labels(of, str(result.attempt)).inc()

    def note_image_store_call(self, name: str, took_s: float, _result: Any) -> None:
        """Count one call of the image store."""
        self.image_store_seconds.labels(name).observe(took_s)

    def note_sort(self, stages_s: Mapping[str, float]) -> None:
        """Count one session's sorting, by stage."""
        for stage, took_s in stages_s.items():
            self.sort_seconds.labels(stage).observe(took_s)

    def note_model(self, role: str, model: str) -> None:
        """Say which package the process has loaded as its detector or embedder."""
        self.models.labels(role, model).set(1)

    def note_sweep(self, repairs: Mapping[str, int]) -> None:
        """Count one sweep and what it put right."""
        self.sweeps.inc()
        for what, n in repairs.items():
            self.repairs.labels(what).inc(n)

    def watch_gpu(self, look: Callable[[], GpuMemory | None]) -> None:
        """Tell what the GPU holds whenever Prometheus asks."""
        self.registry.register(_GpuCollector(look))

    def serve(self, nth: int = 0) -> None:
        """Answer Prometheus from a thread of its own, where a port was given.

        Args:
            nth: The number of this process in its worker's pool, from 0: added to the port.

        Raises:
            OSError: The port cannot be listened on.
        """
        if self._port is not None:
            start_http_server(self._port + nth, registry=self.registry)


class _GpuCollector(Collector):
    """Three figures, or none where no network runs on a GPU."""

    def __init__(self, look: Callable[[], GpuMemory | None]) -> None:
        self._look = look

    def collect(self) -> list[Metric]:
        family = GaugeMetricFamily(
            "sorterbot_gpu_memory_bytes",
            "Memory of the GPU: used by all, reserved by this process, total.",
            labels=["kind"],
        )
        memory = self._look()
        if memory is not None:
            for kind in ("used", "reserved", "total"):
                family.add_metric([kind], getattr(memory, kind))
        return [family]
