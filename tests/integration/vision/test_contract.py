"""What every detector and embedder keeps to, the fakes of the other tests included."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sorter.types import Detections
from tests.factories import make_detections
from tests.fakes import FakeDetector, FakeEmbedder
from tests.integration.vision.exporting import KINDS, exported_of
from tests.integration.vision.untrained_detectron2 import make_detectron2_package
from vision.load import embedder_of, load_detector, load_embedder
from vision.package import save_package
from vision.ports import Detector, Embedder, RgbImage


@pytest.fixture(
    params=[
        "fake",
        "shipped",
        "exported",
        pytest.param("detectron2", marks=pytest.mark.detectron2),
    ],
    scope="module",
)
def detector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    if request.param == "fake":
        return FakeDetector(make_detections(3))
    if request.param == "shipped":
        return load_detector()
    exports = request.param == "exported"
    folder = tmp_path_factory.mktemp(request.param)
    save_package(exported_of(KINDS[0]) if exports else make_detectron2_package(), folder)
    return load_detector(str(folder))


@pytest.fixture(params=["fake", "shipped", "exported"], scope="module")
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "exported":
        return embedder_of(exported_of(KINDS[1]), "cpu")
    return FakeEmbedder() if request.param == "fake" else load_embedder()


def pictures(n: int) -> list[RgbImage]:
    rng = np.random.default_rng(n)
    return [rng.integers(0, 256, (60, 80, 3)).astype(np.uint8) for _ in range(n)]


def test_versions_are_a_name_and_a_version(detector: Detector, embedder: Embedder) -> None:
    assert re.fullmatch(r"[^@]+@[^@]+", detector.version)
    assert re.fullmatch(r"[^@]+@[^@]+", embedder.version)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_every_picture_gets_one_answer_sorted_by_falling_score(detector: Detector, n: int) -> None:
    answers = detector.detect(pictures(n))
    assert len(answers) == n
    for found in answers:
        assert isinstance(found, Detections)
        assert (np.diff(found.scores) <= 0).all()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_every_crop_gets_one_finite_row(embedder: Embedder, n: int) -> None:
    width = embedder.embed(pictures(1)).shape[1]
    embeddings = embedder.embed(pictures(n))
    assert embeddings.shape == (n, width)
    assert embeddings.dtype == np.float32
    assert np.isfinite(embeddings).all()


def test_a_row_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    several = pictures(3)
    np.testing.assert_array_equal(embedder.embed(several)[1:2], embedder.embed(several[1:2]))
