"""The names on the queues and the settings of Celery, most of them measured.

Source: docs/adr/0002-growing-chord.md.
"""

from __future__ import annotations

from typing import Any

from kombu.entity import Exchange, Queue

DETECT_IMAGE = "sorterbot.detect_image"
CLOSE_SESSION = "sorterbot.close_session"
SORT_SESSION = "sorterbot.sort_session"
SWEEP = "sorterbot.sweep"

GPU_QUEUE = "gpu"
SORT_QUEUE = "sort"
SWEEP_QUEUE = "sweep"
"""Served by whatever serves sorting, in turn with it: sweeps wait for one sort at most.

On the queue of the sorts they would expire unread behind a long one, just where they are needed.
"""

REQUEST_ID_HEADER = "sorterbot_request_id"
VERSION_HEADER = "sorterbot_version"

MESSAGE_VERSION = 2
"""Said by every message, and raised by one when what messages mean, or ask of a worker, changes.

Before messages said one, it was 1. See :mod:`workers.versions`.
"""

VISIBILITY_TIMEOUT_S = 300
"""Above the longest that a message waits inside a worker."""

SWEEP_EVERY_S = 2.0
SWEEP_EXPIRES_S = 4.0  # two periods: sweeps never pile up behind a long sort
SORT_TIME_LIMIT_S = 240.0  # below the claim's lease; the pool kills a child that takes longer

_BACKEND = "workers.chord_backend:GrowingChordBackend"

_PATIENT = {"max_retries": 60, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 1.0}
"""About a minute: longer than Redis takes to start again and read its append-only file."""

_ANSWER_WITHIN_S = 3.0
"""What a worker waits for each answer of Redis. A connection that a firewall has forgotten is
noticed by nothing else, and several may have to be given up one after the other."""

_HASTY = {"max_retries": 1, "interval_start": 0.05, "interval_step": 0.05, "interval_max": 0.1}


def celery_settings(broker_url: str, results_url: str, *, is_gateway: bool) -> dict[str, Any]:
    """Return the settings of the gateway, which fails fast, or of a worker, which waits."""
    exchange = Exchange("sorterbot", type="direct")  # type: ignore[no-untyped-call]  # no types
    return {
        "broker_url": broker_url,
        "result_backend": f"{_BACKEND}+{results_url}",
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_queues": [_queue(name, exchange) for name in (GPU_QUEUE, SORT_QUEUE, SWEEP_QUEUE)],
        "task_default_queue": SORT_QUEUE,
        "task_default_exchange": exchange.name,
        "task_default_routing_key": SORT_QUEUE,
        "task_create_missing_queues": False,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_acks_on_timeout": False,
        "task_ignore_result": True,
        "worker_prefetch_multiplier": 1,
        "worker_deduplicate_successful_tasks": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_pool_start_method": "spawn",
        "worker_proc_alive_timeout": 120.0,  # s; a child loads its network before it reports
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "result_expires": 86_400,
        "result_chord_expires": 172_800,  # above the longest session: they hold its counters
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": 10,
        "beat_scheduler": "celery.beat:Scheduler",  # keeps its times in memory, not in a file
        "beat_schedule": _SCHEDULE,
        **(_gateway_limits() if is_gateway else _worker_limits()),
    }


def _queue(name: str, exchange: Exchange) -> Queue:
    return Queue(name, exchange, name)  # type: ignore[no-untyped-call]  # kombu has no types here


_SCHEDULE = {
    "sweep": {
        "task": SWEEP,
        "schedule": SWEEP_EVERY_S,
        "options": {"queue": SWEEP_QUEUE, "expires": SWEEP_EXPIRES_S, "ignore_result": True},
    }
}


def _worker_limits() -> dict[str, Any]:
    return {
        "broker_transport_options": {**_REDELIVERY, "socket_timeout": _ANSWER_WITHIN_S},
        "redis_socket_timeout": _ANSWER_WITHIN_S,
        "redis_socket_connect_timeout": 3.0,
        "result_backend_transport_options": {"retry_policy": _PATIENT},
    }


def _gateway_limits() -> dict[str, Any]:
    """A Redis that refuses, or accepts and never answers, costs a robot about a second."""
    return {
        "broker_transport_options": {
            **_REDELIVERY,
            "socket_timeout": 0.5,
            "socket_connect_timeout": 0.5,
            "max_retries": 1,
        },
        "broker_connection_timeout": 1,
        "task_publish_retry_policy": _HASTY,
        "redis_socket_timeout": 0.5,
        "redis_socket_connect_timeout": 0.5,
        "result_backend_transport_options": {"retry_policy": {**_HASTY, "max_retries": 0}},
    }


def redelivery(visibility_timeout_s: int) -> dict[str, Any]:
    """Return when a message is given out again whose worker has not acknowledged it."""
    return {
        "visibility_timeout": visibility_timeout_s,
        "unacked_restore_interval": min(15, visibility_timeout_s),
        "unacked_restore_throttle": 1,
    }


_REDELIVERY = {
    **redelivery(VISIBILITY_TIMEOUT_S),
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 2,  # a consumer on a dead connection notices after 1 s more
}
