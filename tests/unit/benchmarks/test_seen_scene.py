from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.seen_scene import RememberedCrops, SeenScene, crops_of, load_seen, save_seen
from sorter.errors import InvalidInputError
from sorter.types import Crop
from tests.unit.benchmarks.scenes import make_seen

PLACES = [(1450.0, 1300.0), (1550.0, 1700.0)]


def test_a_scene_reads_back_from_its_file_to_the_last_bit(tmp_path: Path) -> None:
    seen = make_seen(PLACES, [(1500.0, 1500.0)])
    save_seen(tmp_path / "scene.npz", seen)
    again = load_seen(tmp_path / "scene.npz")
    assert _columns(again) == _columns(seen)
    assert [file.name for file in tmp_path.iterdir()] == ["scene.npz"]


def test_a_scene_of_empty_pictures_reads_back(tmp_path: Path) -> None:
    save_seen(tmp_path / "scene.npz", make_seen([]))
    assert [len(photo.detections) for photo in load_seen(tmp_path / "scene.npz").photographs] == [
        0,
        0,
        0,
    ]


def test_every_detection_answers_with_its_own_embedding_in_the_order_asked() -> None:
    seen = make_seen(PLACES)
    (first, second) = crops_of(seen.photographs[1])
    np.testing.assert_array_equal(seen.crops.embed_crops([second, first]), [[0, 1], [1, 0]])


def test_asked_for_no_crops_it_answers_with_no_rows() -> None:
    assert make_seen(PLACES).crops.embed_crops([]).shape == (0, 2)
    assert RememberedCrops({}).embed_crops([]).shape == (0, 0)


def test_a_box_that_nobody_detected_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="not the box of any detection"):
        make_seen(PLACES).crops.embed_crops([Crop("1500", (0.0, 0.0, 1.0, 1.0))])


def _columns(seen: SeenScene) -> list[list[object]]:
    return [
        [
            photo.image_id, photo.position_pw, photo.size, photo.detections.xyxy_px.tolist(),
            photo.detections.labels.tolist(), photo.detections.scores.tolist(),
            truth.xyxy_px.tolist(), truth.labels.tolist(), truth.indices.tolist(), rows.tolist(),
        ]
        for photo, truth, rows in zip(seen.photographs, seen.truths, seen.embeddings, strict=True)
    ]  # fmt: skip
