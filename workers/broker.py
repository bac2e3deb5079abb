"""The connection to the broker, which neither waits too long for it nor stops over a lost answer.

Source of what kombu does: kombu 5.7.0, connection.py and transport/redis.py.
"""

from __future__ import annotations

from typing import Any

from celery.app.amqp import AMQP
from kombu.connection import Connection
from kombu.transport.redis import Channel, QoS, Transport

RETRY_EVERY_S = 1.0


class FreeingQoS(QoS):
    """Gives a message's place free also where Redis did not hear that it is done with.

    Celery only logs that, and kombu would hold the place for ever: a worker whose places are all
    held takes no message any more, while its heart beats. Redis gives such a message out again
    after the visibility timeout; whoever gets it finds its work done.
    """

    def ack(self, delivery_tag: str) -> None:
        """Tell Redis that a message is done with."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu has no types
        except BaseException:
            self._quick_ack(delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Tell Redis that a message is not wanted here."""
        try:
            super().reject(  # type: ignore[no-untyped-call]
                delivery_tag, requeue=requeue
            )
        except BaseException:
            self._quick_ack(delivery_tag)
            raise


class FreeingChannel(Channel):
    """A channel whose places come free."""

    QoS = FreeingQoS


class FreeingTransport(Transport):
    """Redis, whose channels' places come free."""

    Channel = FreeingChannel


class SteadyConnection(Connection):
    """Looks every second whether the broker is back.

    kombu waits 2 s longer after each failure, up to half a minute: a worker then comes back as
    much as half a minute after its broker.
    """

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Connection:
        """Connect, with the pauses that are given, else of :data:`RETRY_EVERY_S` each."""
        steady = {
            "interval_start": RETRY_EVERY_S,
            "interval_step": 0,
            "interval_max": RETRY_EVERY_S,
        }
        super().ensure_connection(  # type: ignore[no-untyped-call]
            *args, **{**steady, **kwargs}
        )
        return self

    def get_transport_cls(self) -> type[Transport]:
        """Return how messages are carried; Redis as :class:`FreeingTransport`."""
        found: type[Transport] = super().get_transport_cls()  # type: ignore[no-untyped-call]
        return FreeingTransport if found is Transport else found


class SteadyAMQP(AMQP):  # type: ignore[misc]  # celery publishes no types
    """Lets an app's connections be steady."""

    Connection = SteadyConnection
