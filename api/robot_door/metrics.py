"""What the door counts, in the words of Prometheus, beside what every gateway does."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class DoorMetrics:
    """The counters of one door, in the registry of its other figures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.messages = Counter(
            "sorterbot_door_messages",
            "Messages of robots by command and how they ended: answered, refused, lost, failed.",
            ["command", "end"],
            registry=registry,
        )
        self.connections = Gauge(
            "sorterbot_door_connections", "Connections that are open now.", registry=registry
        )
        self.refused = Counter(
            "sorterbot_door_refused_connections",
            "Connections that were not let in, by why: network, token, full.",
            ["why"],
            registry=registry,
        )
