"""What a GPU worker counts, in the words of Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

from workers.batching import Call

PART_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
BATCH_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
OUTCOMES = ("detected", "failed", "released")


class WorkerMetrics:
    """The counters of one worker process, in a registry of their own.

    Pictures a second are the rate of ``sorterbot_worker_images_total``; the mean batch is
    ``sorterbot_batch_images_sum`` by ``sorterbot_batch_images_count``.
    """

    def __init__(self, port: int | None = None) -> None:
        """Take the port to be asked on; without one nobody can ask."""
        self._port = port
        self.registry = CollectorRegistry()
        self.images = Counter(
            "sorterbot_worker_images",
            "Pictures that this worker is done with: detected, failed, or released to be tried "
            "again.",
            ["outcome"],
            registry=self.registry,
        )
        self.decode_seconds = Histogram(
            "sorterbot_decode_seconds",
            "From a picture's bytes to its pixels.",
            buckets=PART_SECONDS,
            registry=self.registry,
        )
        self.batch_wait_seconds = Histogram(
            "sorterbot_batch_wait_seconds",
            "From a picture's pixels to the call of the network that answered it.",
            buckets=PART_SECONDS,
            registry=self.registry,
        )
        self.batch_images = Histogram(
            "sorterbot_batch_images",
            "Pictures that one call of the network answered.",
            buckets=BATCH_SIZES,
            registry=self.registry,
        )
        self.forward_seconds = Histogram(
            "sorterbot_forward_seconds",
            "One call of the network, whatever it held.",
            buckets=PART_SECONDS,
            registry=self.registry,
        )
        for outcome in OUTCOMES:
            self.images.labels(outcome)

    def note_call(self, call: Call) -> None:
        """Count one call of the network."""
        self.batch_images.observe(len(call.waited_s))
        self.forward_seconds.observe(call.took_s)
        for waited_s in call.waited_s:
            self.batch_wait_seconds.observe(waited_s)

    def serve(self) -> None:
        """Answer Prometheus from a thread of its own, where a port was given.

        Raises:
            OSError: The port cannot be listened on.
        """
        if self._port is not None:
            start_http_server(self._port, registry=self.registry)
