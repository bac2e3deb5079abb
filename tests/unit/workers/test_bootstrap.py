from __future__ import annotations

from pathlib import Path

import pytest

from sorter.errors import InvalidInputError
from sorter.types import Clustering
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
    )


def test_what_is_set_counts() -> None:
    more = {
        "SORTERBOT_DETECTOR": "/models/detector",
        "SORTERBOT_EMBEDDER": "imagenet",
        "SORTERBOT_MAX_IMAGE_PIXELS": "1000",
        "SORTERBOT_LOG_LEVEL": "DEBUG",
        "SORTERBOT_CLUSTERING": "agglomerative",
        "SORTERBOT_ALIVE_FILE": "/run/alive",
    }
    environment = read_environment(VARIABLES | more)
    assert (environment.detector, environment.embedder) == ("/models/detector", "imagenet")
    assert (environment.max_image_pixels, environment.log_level) == (1000, "DEBUG")
    assert environment.clustering is Clustering.AGGLOMERATIVE
    assert environment.alive_file == Path("/run/alive")


@pytest.mark.parametrize("missing", VARIABLES)
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(InvalidInputError, match=missing):
        read_environment({name: value for name, value in VARIABLES.items() if name != missing})


@pytest.mark.parametrize("pixels", ["many", "-1", "1.5"])
def test_a_limit_that_is_no_number_is_refused(pixels: str) -> None:
    with pytest.raises(InvalidInputError, match="SORTERBOT_MAX_IMAGE_PIXELS"):
        read_environment(VARIABLES | {"SORTERBOT_MAX_IMAGE_PIXELS": pixels})


def test_a_clustering_that_nobody_knows_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(InvalidInputError, match="kmeans, spherical, agglomerative"):
        read_environment(VARIABLES | {"SORTERBOT_CLUSTERING": "by colour"})
