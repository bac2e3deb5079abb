"""The only reader of the environment in a worker process."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sorter.errors import InvalidInputError
from sorter.types import Clustering
from storage.original_settings import with_original_settings
from storage.records import ARM_SHARE, FairShare
from vision.decode import DEFAULT_MAX_PIXELS
from vision.memory import gpu_memory
from vision.ports import Embedder
from workers.alive import AliveFile
from workers.batch_limits import BatchLimits
from workers.batched_detector import BatchedDetector
from workers.celery_app import ImportedCelery
from workers.heartbeat import make_worker_id
from workers.metrics import WorkerMetrics
from workers.model_choice import AS_PACKAGED, ModelChoice, read_model_choice
from workers.queue import CeleryQueue
from workers.services import LoadedOnce, Rules, Services
from workers.settings import VISIBILITY_TIMEOUT_S
from workers.traces import are_traces_wanted, start_traces
from workers.warm_up import warm_up, warm_up_sorting
from workers.watchdog import Watchdog
from workers.worker_app import end_worker, make_worker_app

DEFAULT_BATCH = BatchLimits(max_pictures=8, max_pixels=32_000_000)
"""Eight pictures of 1640 x 1232 pixels take half of the room; docs/adr/0015."""

THREADS_PER_PICTURE = 2
"""While the network reads one batch, as many threads again decode the next, and save the last."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What a worker is told from outside.

    Attributes:
        image_store: ``file:///folder`` or ``s3://bucket/prefix``.
        detector: As :func:`vision.load.load_detector` takes it. So ``embedder``.
        clustering: How alike items become clusters.
        alive_file: Its age shows a probe that the process works; ``None`` for none.
        batch: What one call of the detector may hold.
        metrics_port: Where a worker answers Prometheus; ``None`` for nowhere.
        task_events: Whether the worker tells Flower of each task.
        traces: Whether traces are sent; how is OpenTelemetry's own variables' to say.
        share: How much of the queue is one arm's.
        models: How detector and embedder are to differ from what their packages say.
        crash_folder: Where crash points are armed; ``None`` for nowhere.
        visibility_timeout_s: After that a message that is still worked on is given out again.
    """

    database_url: str
    broker_url: str
    results_url: str
    image_store: str
    detector: str = ""
    embedder: str = ""
    max_image_pixels: int = DEFAULT_MAX_PIXELS
    log_level: str = "INFO"
    clustering: Clustering = Clustering.KMEANS
    alive_file: Path | None = None
    batch: BatchLimits = DEFAULT_BATCH
    metrics_port: int | None = None
    task_events: bool = False
    traces: bool = False
    share: FairShare = field(default_factory=FairShare)
    models: ModelChoice = AS_PACKAGED
    crash_folder: Path | None = None
    visibility_timeout_s: int = VISIBILITY_TIMEOUT_S


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Read the variables that begin with ``SORTERBOT_``.

    Raises:
        InvalidInputError: One is missing, is no number where one is needed, or names nothing.
    """
    return Environment(
        database_url=_required(variables, "SORTERBOT_DATABASE_URL"),
        broker_url=_required(variables, "SORTERBOT_BROKER_URL"),
        results_url=_required(variables, "SORTERBOT_RESULTS_URL"),
        image_store=_required(variables, "SORTERBOT_IMAGE_STORE"),
        detector=variables.get("SORTERBOT_DETECTOR", ""),
        embedder=variables.get("SORTERBOT_EMBEDDER", ""),
        max_image_pixels=_number(variables, "SORTERBOT_MAX_IMAGE_PIXELS", DEFAULT_MAX_PIXELS),
        log_level=variables.get("SORTERBOT_LOG_LEVEL", "INFO"),
        clustering=_clustering(variables.get("SORTERBOT_CLUSTERING", Clustering.KMEANS)),
        alive_file=_path(variables, "SORTERBOT_ALIVE_FILE"),
        batch=BatchLimits(
            _number(variables, "SORTERBOT_MAX_BATCH", DEFAULT_BATCH.max_pictures),
            _number(variables, "SORTERBOT_BATCH_PIXELS", DEFAULT_BATCH.max_pixels),
        ),
        metrics_port=_number(variables, "SORTERBOT_METRICS_PORT", 0) or None,
        task_events=_number(variables, "SORTERBOT_TASK_EVENTS", 0) > 0,
        traces=are_traces_wanted(variables),
        share=FairShare(_number(variables, "SORTERBOT_ARM_SHARE", ARM_SHARE)),
        models=read_model_choice(variables),
        crash_folder=_path(variables, "SORTERBOT_CRASH_FOLDER"),
        visibility_timeout_s=_visibility_timeout_s(variables),
    )


def app_from_environment(imported_as: str) -> ImportedCelery:
    """Return the app of a worker, or of beat, as the environment describes it."""
    environment = read_environment(with_original_settings(os.environ))
    return make_worker_app(
        environment.broker_url,
        environment.results_url,
        partial(make_services, environment),
        imported_as=imported_as,
        log_level=environment.log_level,
        alive=AliveFile(environment.alive_file),
        n_gpu_threads=THREADS_PER_PICTURE * environment.batch.max_pictures,
        visibility_timeout_s=environment.visibility_timeout_s,
        sends_task_events=environment.task_events,
    )


def make_services(environment: Environment) -> Services:
    """Connect this process; the networks are loaded when they are first asked for.

    Raises:
        SchemaError: The database's schema is not the one that this code needs.
        TransientError: The database does not answer.
    """
    from storage.bootstrap import make_image_store, make_store  # beat has no use for these
    from storage.crash_points import with_crash_points
    from storage.observed import observed
    from storage.schema import check_schema

    check_schema(environment.database_url)
    metrics = WorkerMetrics(environment.metrics_port)
    store = with_crash_points(make_store(environment.database_url), environment.crash_folder)
    images = make_image_store(environment.image_store)
    services = Services(
        worker_id=make_worker_id(),
        store=observed(store, metrics.note_store_call),
        images=observed(images, metrics.note_image_store_call),
        queue=CeleryQueue(environment.broker_url, environment.results_url, is_gateway=False),
        detector=LoadedOnce(partial(_load_detector, environment, metrics)),
        embedder=LoadedOnce(partial(_load_embedder, environment, metrics)),
        sleep=time.sleep,
        rules=Rules(max_image_pixels=environment.max_image_pixels, share=environment.share),
        clustering=environment.clustering,
        metrics=metrics,
    )
    return _traced(services) if environment.traces else services


def _traced(services: Services) -> Services:
    """Let what this process does be traced, where OpenTelemetry is installed."""
    traces = start_traces("sorterbot-worker")
    if traces is None:
        return services
    from workers.message_traces import connect_message_traces  # bring what only traces need
    from workers.task_traces import connect_task_traces, traced

    connect_task_traces(traces)
    connect_message_traces()
    return traced(services, traces)


def _load_detector(environment: Environment, metrics: WorkerMetrics) -> BatchedDetector:
    from vision.load import load_detector  # nor for torch

    chosen = environment.models
    detector = load_detector(
        environment.detector, chosen.device, chosen.score_threshold, chosen.input_size_px
    )
    warm_up(detector, environment.batch.max_pictures)
    metrics.note_model("detector", detector.version)
    metrics.watch_gpu(gpu_memory)
    watchdog = Watchdog()
    watchdog.start()
    return BatchedDetector(
        detector,
        environment.batch,
        watchdog,
        on_call=metrics.note_call,
        end_worker=end_worker,
    )


def _load_embedder(environment: Environment, metrics: WorkerMetrics) -> Embedder:
    from vision.load import load_embedder  # as above

    embedder = load_embedder(environment.embedder, environment.models.device)
    warm_up_sorting(embedder)
    metrics.note_model("embedder", embedder.version)
    return embedder


def _clustering(name: str) -> Clustering:
    try:
        return Clustering(name)
    except ValueError:
        names = ", ".join(Clustering)
        raise InvalidInputError(
            f"SORTERBOT_CLUSTERING must be one of {names}, not {name!r}"
        ) from None


def _visibility_timeout_s(variables: Mapping[str, str]) -> int:
    seconds = _number(variables, "SORTERBOT_VISIBILITY_TIMEOUT_S", VISIBILITY_TIMEOUT_S)
    if seconds == 0:
        raise InvalidInputError("SORTERBOT_VISIBILITY_TIMEOUT_S must lie above 0")
    return seconds


def _path(variables: Mapping[str, str], name: str) -> Path | None:
    text = variables.get(name, "")
    return Path(text) if text else None


def _number(variables: Mapping[str, str], name: str, default: int) -> int:
    text = variables.get(name, str(default))
    if not text.isdecimal():
        raise InvalidInputError(f"{name} must be a number, not {text!r}")
    return int(text)


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name, "")
    if not value:
        raise InvalidInputError(f"the environment variable {name} is not set")
    return value
