from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.detector_original import original_way
from tests.integration.vision.untrained_detectron2 import SIZE_PX, make_detectron2_package
from vision.load import load_detector
from vision.package import save_package


def png_of(size_px: tuple[int, int]) -> bytes:
    rgb = np.random.default_rng(4).integers(0, 256, (size_px[1], size_px[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG")
    return file.getvalue()


def test_a_network_of_ours_is_given_one_decoded_picture_a_call() -> None:
    detect, told = original_way("", "cpu")
    data = png_of((64, 48))
    (found,) = detect(data)  # type: ignore[misc]
    rgb = np.array(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(found.xyxy_px, load_detector().detect([rgb])[0].xyxy_px)
    assert told == "decode, then one picture a call"


@pytest.mark.detectron2
def test_a_network_of_detectron2_answers_in_its_own_predictor_as_in_ours(tmp_path: Path) -> None:
    save_package(make_detectron2_package(), tmp_path / "tiny")
    detect, told = original_way(str(tmp_path / "tiny"), "cpu")
    data = png_of(SIZE_PX)  # which neither way has to resize
    scores = detect(data)["instances"].scores.numpy()  # type: ignore[index]
    ours = load_detector(str(tmp_path / "tiny")).detect([np.array(Image.open(io.BytesIO(data)))])
    assert len(ours[0].scores) > 0
    for score in ours[0].scores:
        assert np.abs(scores - score).min() < 1e-4
    assert told == "decode, then DefaultPredictor"
