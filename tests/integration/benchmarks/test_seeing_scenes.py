from __future__ import annotations

import numpy as np

from benchmarks.scene_cache import see_scene
from benchmarks.seen_scene import crops_of
from cli.bench import Networks
from cli.tables import TableSettings
from sorter.types import Detections, Label
from tests.fakes import FakeDetector, FakeEmbedder
from workers.crops import StoredCropEmbedder

TABLES = TableSettings(6000, n_items=4)
POSITIONS_PW = (1400.0, 1600.0)
FOUND = Detections(
    np.array([[300, 300, 420.5, 380], [700, 500, 760, 610.25]], np.float32),
    np.array([0, 1]),
    np.array([0.9, 0.8], np.float32),
)


def test_what_is_remembered_is_what_the_workers_would_see() -> None:
    arm = TABLES.stand_at(0, "arm")
    networks = Networks(FakeDetector(FOUND), FakeEmbedder())
    seen = see_scene(arm, networks, POSITIONS_PW)
    pictures = {f"{position:g}": arm.photograph(position) for position in POSITIONS_PW}
    keys = {image_id: image_id for image_id in pictures}
    workers = StoredCropEmbedder(keys, pictures.__getitem__, FakeEmbedder())
    for photograph in seen.photographs:
        crops = crops_of(photograph)
        assert photograph.detections is FOUND
        np.testing.assert_array_equal(seen.crops.embed_crops(crops), workers.embed_crops(crops))


def test_each_picture_has_its_truth() -> None:
    arm = TABLES.stand_at(0, "arm")
    seen = see_scene(arm, Networks(FakeDetector(), FakeEmbedder()), POSITIONS_PW)
    for truth in seen.truths:
        items = truth.indices[truth.labels == Label.ITEM]
        assert len(truth.xyxy_px) == len(truth.labels) > 0
        assert set(items.tolist()) <= set(range(len(arm.scene.items)))
