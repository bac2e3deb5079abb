"""What the gateway counts, in the words of Prometheus."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from api.figures import SiteCollector, SiteWatch

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counters of one gateway process, in a registry of their own.

    Args:
        watch: Tells what the whole site holds.
    """

    def __init__(self, watch: SiteWatch) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "sorterbot_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "sorterbot_http_request_seconds",
            "From the request's first line to the answer's; a stream counts until it starts.",
            ["route"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.image_bytes = Counter(
            "sorterbot_image_bytes",
            "Bytes of pictures read, refused ones included.",
            registry=self.registry,
        )
        self.images = Counter(
            "sorterbot_images",
            "Pictures answered with 202: accepted ones, and repeats of those.",
            ["outcome"],
            registry=self.registry,
        )
        self.publish_failures = Counter(
            "sorterbot_publish_failures",
            "Messages that the broker did not take and that the sweeper publishes later.",
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(SiteCollector(watch))
        for outcome in ("accepted", "repeated"):
            self.images.labels(outcome)

    def text(self) -> bytes:
        """Return all of it in the text exposition format."""
        return generate_latest(self.registry)
