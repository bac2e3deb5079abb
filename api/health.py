"""Alive, able to accept, and what was counted. No key is asked for."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from prometheus_client import CONTENT_TYPE_LATEST

from api.answers import HealthAnswer, ReadyAnswer, answer
from api.context import Context, using
from api.documents import problem_responses, text_response
from sorter.errors import TransientError
from storage.records import WorkerRecord

UP, DOWN = "up", "down"
LEAVING = "The gateway is stopping: send to another one, or again in a moment."

blueprint = APIBlueprint("health", __name__, abp_tags=[Tag(name="operations")])
log = structlog.get_logger(__name__)


@blueprint.get(
    "/healthz",
    operation_id="getHealth",
    responses={200: HealthAnswer, **problem_responses()},
)
def get_health() -> Response:
    """Tell that the process answers; it asks nobody else."""
    return answer(HealthAnswer())


@blueprint.get(
    "/readyz",
    operation_id="getReadiness",
    responses={200: ReadyAnswer, 503: ReadyAnswer, **problem_responses()},
)
def get_readiness() -> Response:
    """Tell whether a picture sent now would be taken in.

    That needs the database and the image store, and a gateway that was not asked to stop.
    Without broker or workers pictures are taken in all the same, and wait; the answer says so.
    """
    ready = _look_around(using())
    return answer(ready, 200 if ready.ready else 503)


@blueprint.get(
    "/metrics",
    operation_id="getMetrics",
    responses={
        200: text_response("The counters.", "text/plain", "sorterbot_images_waiting 3.0\n"),
        **problem_responses(),
    },
)
def get_metrics() -> Response:
    """Return for Prometheus what this process counted, and what the whole site holds."""
    return Response(using().metrics.text(), content_type=CONTENT_TYPE_LATEST)


def _look_around(context: Context) -> ReadyAnswer:
    services = context.services
    is_leaving = context.leaving.is_set()
    workers = _load_workers(context)
    can_keep = _succeeds(services.images.is_writable)
    can_publish = _succeeds(lambda: services.queue.load_lengths() is not None)
    n_gpu = None if workers is None else sum(worker.queue == "gpu" for worker in workers)
    n_sort = None if workers is None else sum(worker.queue == "sort" for worker in workers)
    return ReadyAnswer(
        ready=workers is not None and can_keep and not is_leaving,
        database=DOWN if workers is None else UP,
        image_store=UP if can_keep else DOWN,
        broker=UP if can_publish else DOWN,
        n_gpu_workers=n_gpu,
        n_sort_workers=n_sort,
        note=LEAVING
        if is_leaving
        else _note(can_keep=can_keep, can_publish=can_publish, n_gpu=n_gpu, n_sort=n_sort),
    )


def _load_workers(context: Context) -> list[WorkerRecord] | None:
    try:
        return context.services.store.load_workers(context.settings.worker_alive_s)
    except TransientError:
        return None


def _succeeds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    # A probe must answer whatever the thing behind it does; what it did is logged.
    except Exception as error:  # noqa: BLE001
        log.warning("probe_failed", reason=type(error).__name__)
        return False


def _note(
    *, can_keep: bool, can_publish: bool, n_gpu: int | None, n_sort: int | None
) -> str | None:
    if n_gpu is None:
        return "The database does not answer."
    if not can_keep:
        return "The image store takes nothing now."
    if not can_publish:
        return "The broker does not answer: pictures are taken in and wait for it."
    if n_gpu == 0:
        return "No GPU worker is up: pictures are taken in and wait for one."
    if n_sort == 0:
        return "No sort worker is up: sessions wait for one."
    return None
