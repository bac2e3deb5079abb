from __future__ import annotations

from pathlib import Path

import pytest

from sorter.errors import InvalidInputError
from sorter.types import Clustering
from storage.records import FairShare
from workers.batch_limits import BatchLimits
from workers.bootstrap import Environment, read_environment

VARIABLES = {
    "SORTERBOT_DATABASE_URL": "postgresql+psycopg2://database",
    "SORTERBOT_BROKER_URL": "redis://broker/0",
    "SORTERBOT_RESULTS_URL": "redis://results/1",
    "SORTERBOT_IMAGE_STORE": "file:///pictures",
}


def test_what_is_not_set_has_its_default() -> None:
    assert read_environment(VARIABLES) == Environment(
        database_url="postgresql+psycopg2://database",
        broker_url="redis://broker/0",
        results_url="redis://results/1",
        image_store="file:///pictures",
        detector="",
        embedder="",
        max_image_pixels=50_000_000,
        log_level="INFO",
        clustering=Clustering.KMEANS,
        alive_file=None,
        batch=BatchLimits(max_pictures=8, max_pixels=32_000_000),
        metrics_port=None,
        task_events=False,
        crash_folder=None,
        visibility_timeout_s=300,
    )


def test_what_is_set_counts() -> None:
    more = {
        "SORTERBOT_DETECTOR": "/models/detector",
        "SORTERBOT_EMBEDDER": "imagenet",
        "SORTERBOT_MAX_IMAGE_PIXELS": "1000",
        "SORTERBOT_LOG_LEVEL": "DEBUG",
        "SORTERBOT_CLUSTERING": "agglomerative",
        "SORTERBOT_ALIVE_FILE": "/run/alive",
        "SORTERBOT_MAX_BATCH": "16",
        "SORTERBOT_BATCH_PIXELS": "9000000",
        "SORTERBOT_METRICS_PORT": "9100",
        "SORTERBOT_TASK_EVENTS": "1",
        "SORTERBOT_CRASH_FOLDER": "/crashes",
        "SORTERBOT_VISIBILITY_TIMEOUT_S": "7",
        "SORTERBOT_ARM_SHARE": "24",
    }
    environment = read_environment(VARIABLES | more)
    assert (environment.detector, environment.embedder) == ("/models/detector", "imagenet")
    assert (environment.max_image_pixels, environment.log_level) == (1000, "DEBUG")
    assert environment.clustering is Clustering.AGGLOMERATIVE
    assert environment.alive_file == Path("/run/alive")
    assert environment.batch == BatchLimits(max_pictures=16, max_pixels=9_000_000)
    assert environment.metrics_port == 9100
    assert environment.task_events
    assert environment.crash_folder == Path("/crashes")
    assert environment.visibility_timeout_s == 7
    assert environment.share == FairShare(per_worker=24)


@pytest.mark.parametrize("missing", VARIABLES)
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(InvalidInputError, match=missing):
        read_environment({name: value for name, value in VARIABLES.items() if name != missing})


@pytest.mark.parametrize("text", ["many", "-1", "1.5", ""])
@pytest.mark.parametrize(
    "name",
    [
        "SORTERBOT_MAX_IMAGE_PIXELS",
        "SORTERBOT_MAX_BATCH",
        "SORTERBOT_BATCH_PIXELS",
        "SORTERBOT_METRICS_PORT",
        "SORTERBOT_VISIBILITY_TIMEOUT_S",
        "SORTERBOT_ARM_SHARE",
    ],
)
def test_a_number_that_is_none_is_refused_and_named(name: str, text: str) -> None:
    with pytest.raises(InvalidInputError, match=name):
        read_environment(VARIABLES | {name: text})


@pytest.mark.parametrize("name", ["SORTERBOT_MAX_BATCH", "SORTERBOT_BATCH_PIXELS"])
def test_a_batch_without_room_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="room"):
        read_environment(VARIABLES | {name: "0"})


def test_a_message_is_not_given_out_again_at_once() -> None:
    with pytest.raises(InvalidInputError, match="SORTERBOT_VISIBILITY_TIMEOUT_S"):
        read_environment(VARIABLES | {"SORTERBOT_VISIBILITY_TIMEOUT_S": "0"})


def test_a_clustering_that_nobody_knows_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(InvalidInputError, match="kmeans, spherical, agglomerative"):
        read_environment(VARIABLES | {"SORTERBOT_CLUSTERING": "by colour"})
