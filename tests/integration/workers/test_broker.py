"""The connection to a real Redis that goes away, through the fault suite's relay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from kombu.exceptions import OperationalError
from kombu.message import Message

from cli.faults.proxy import Proxy
from cli.services.redis import RedisServer
from workers.broker import RETRY_EVERY_S, SteadyConnection
from workers.celery_app import make_celery

pytestmark = pytest.mark.services

TIMEOUTS = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}


@pytest.fixture
def proxy(redis_server: RedisServer, redis_url: str) -> Iterator[Proxy]:
    with Proxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def connection(redis_server: RedisServer, proxy: Proxy) -> Iterator[Any]:
    url = replace(redis_server, port=proxy.port).url()
    connect: Any = SteadyConnection  # kombu has no types
    with connect(url, transport_options=TIMEOUTS) as connection:
        yield connection
        proxy.pass_on()


def take_the_only_place(connection: Any) -> Any:
    """Return a message that was taken by a consumer that may hold one at a time."""
    channel = connection.default_channel
    channel.basic_qos(0, 1, False)
    with connection.SimpleQueue("work") as queue:
        queue.put("first")
        message = queue.get(timeout=10)
        assert not channel.qos.can_consume()
        return message


@pytest.mark.parametrize("fault", [Proxy.refuse, Proxy.silence])
@pytest.mark.parametrize("end", [Message.ack, Message.reject, Message.requeue])
def test_a_message_whose_end_redis_never_heard_of_holds_no_place(
    connection: Any,
    proxy: Proxy,
    fault: Callable[[Proxy], None],
    end: Callable[[Any], None],
) -> None:
    message = take_the_only_place(connection)
    fault(proxy)
    with pytest.raises(connection.connection_errors):
        end(message)
    assert connection.default_channel.qos.can_consume()


def test_a_message_whose_end_redis_heard_of_frees_one_place_and_no_more(
    connection: Any,
) -> None:
    channel = connection.default_channel
    message = take_the_only_place(connection)
    message.ack()
    assert channel.qos.can_consume()
    assert take_the_only_place(connection).payload == "first"


def test_a_broker_that_stays_away_is_looked_for_at_the_same_pace(
    connection: Any, proxy: Proxy
) -> None:
    pauses_s: list[float] = []
    proxy.refuse()
    with suppress(OperationalError):
        connection.ensure_connection(lambda _, pause_s: pauses_s.append(pause_s), max_retries=2)
    assert pauses_s == [RETRY_EVERY_S] * 2


def test_gateway_and_workers_use_this_connection() -> None:
    for is_gateway in (False, True):
        app = make_celery("redis://broker/0", "redis://results/1", is_gateway=is_gateway)
        assert isinstance(app.connection_for_read(), SteadyConnection)
        assert isinstance(app.producer_pool.connections.connection, SteadyConnection)
