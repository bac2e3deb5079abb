"""The only reader of the environment in a worker process."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import Clustering
from vision.decode import DEFAULT_MAX_PIXELS
from vision.ports import Detector, Embedder
from workers.alive import AliveFile
from workers.celery_app import ImportedCelery
from workers.heartbeat import make_worker_id
from workers.queue import CeleryQueue
from workers.services import LoadedOnce, Rules, Services
from workers.watchdog import Watchdog, WatchedDetector
from workers.worker_app import make_worker_app


@dataclass(frozen=True, slots=True)
class Environment:
    """What a worker is told from outside.

    Attributes:
        image_store: ``file:///folder`` or ``s3://bucket/prefix``.
        detector: Folder of a model package; "" for the one that is shipped. So for ``embedder``.
        clustering: How alike items become clusters.
        alive_file: Its age shows a probe that the process works; ``None`` for none.
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


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Read the variables that begin with ``SORTERBOT_``.

    Raises:
        InvalidInputError: One is missing, is no number where one is needed, or names nothing.
    """
    alive_file = variables.get("SORTERBOT_ALIVE_FILE", "")
    pixels = variables.get("SORTERBOT_MAX_IMAGE_PIXELS", str(DEFAULT_MAX_PIXELS))
    if not pixels.isdecimal():
        raise InvalidInputError(f"SORTERBOT_MAX_IMAGE_PIXELS must be a number, not {pixels!r}")
    return Environment(
        database_url=_required(variables, "SORTERBOT_DATABASE_URL"),
        broker_url=_required(variables, "SORTERBOT_BROKER_URL"),
        results_url=_required(variables, "SORTERBOT_RESULTS_URL"),
        image_store=_required(variables, "SORTERBOT_IMAGE_STORE"),
        detector=variables.get("SORTERBOT_DETECTOR", ""),
        embedder=variables.get("SORTERBOT_EMBEDDER", ""),
        max_image_pixels=int(pixels),
        log_level=variables.get("SORTERBOT_LOG_LEVEL", "INFO"),
        clustering=_clustering(variables.get("SORTERBOT_CLUSTERING", Clustering.KMEANS)),
        alive_file=Path(alive_file) if alive_file else None,
    )


def app_from_environment(imported_as: str) -> ImportedCelery:
    """Return the app of a worker, or of beat, as the environment describes it."""
    environment = read_environment(os.environ)
    return make_worker_app(
        environment.broker_url,
        environment.results_url,
        partial(make_services, environment),
        imported_as=imported_as,
        log_level=environment.log_level,
        alive=AliveFile(environment.alive_file),
    )


def make_services(environment: Environment) -> Services:
    """Connect this process; the networks are loaded when they are first asked for.

    Raises:
        SchemaError: The database's schema is not the one that this code needs.
        TransientError: The database does not answer.
    """
    from storage.bootstrap import make_image_store, make_store  # beat has no use for these
    from storage.schema import check_schema

    check_schema(environment.database_url)
    return Services(
        worker_id=make_worker_id(),
        store=make_store(environment.database_url),
        images=make_image_store(environment.image_store),
        queue=CeleryQueue(environment.broker_url, environment.results_url, is_gateway=False),
        detector=LoadedOnce(partial(_load_detector, environment.detector)),
        embedder=LoadedOnce(partial(_load_embedder, environment.embedder)),
        sleep=time.sleep,
        rules=Rules(max_image_pixels=environment.max_image_pixels),
        clustering=environment.clustering,
    )


def _load_detector(source: str) -> Detector:
    from vision.load import load_detector  # nor for torch

    detector = load_detector(source)
    detector.detect([np.zeros((1232, 1640, 3), np.uint8)])  # the first call is slow
    watchdog = Watchdog()
    watchdog.start()
    return WatchedDetector(detector, watchdog)


def _load_embedder(source: str) -> Embedder:
    from vision.load import load_embedder  # as above

    embedder = load_embedder(source)
    embedder.embed([np.zeros((64, 64, 3), np.uint8)])
    return embedder


def _clustering(name: str) -> Clustering:
    try:
        return Clustering(name)
    except ValueError:
        names = ", ".join(Clustering)
        raise InvalidInputError(
            f"SORTERBOT_CLUSTERING must be one of {names}, not {name!r}"
        ) from None


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name, "")
    if not value:
        raise InvalidInputError(f"the environment variable {name} is not set")
    return value
