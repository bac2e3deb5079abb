"""What a worker process is built of, as the environment describes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from storage.schema import SchemaError
from workers.bootstrap import Environment, make_services

pytestmark = pytest.mark.services

PICTURE = np.zeros((240, 320, 3), np.uint8)


def make_environment(database_url: str, redis_url: str, folder: Path) -> Environment:
    return Environment(
        database_url=database_url,
        broker_url=redis_url,
        results_url=redis_url.removesuffix("/0") + "/1",
        image_store=folder.as_uri(),
        max_image_pixels=1234,
    )


def test_a_worker_reaches_rows_queue_and_both_shipped_networks(
    migrated_postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    services = make_services(make_environment(migrated_postgres_url, redis_url, tmp_path))
    services.store.beat(services.worker_id, "gpu")
    assert services.store.load_workers(5)[0].worker_id == services.worker_id
    assert services.queue.load_lengths().gpu == 0
    assert services.rules.max_image_pixels == 1234
    assert services.detector.get().detect_one(PICTURE).detections.xyxy_px.shape[1] == 4
    assert services.embedder.get().embed([PICTURE]).shape == (1, 512)
    services.queue.close()


def test_a_worker_refuses_a_database_without_the_schema(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    with pytest.raises(SchemaError, match="sorterbot migrate"):
        make_services(make_environment(postgres_url, redis_url, tmp_path))
