from __future__ import annotations

import numpy as np
import pytest
import torch

from sorter.errors import InvalidInputError
from vision.embedder import ResNet18Embedder, squared_rgb
from vision.networks import build_embedder
from vision.package import ModelPackage
from vision.ports import RgbImage
from vision.training.embedder import embedder_card
from vision.weights import weights_of

CARD = embedder_card("1", ("bolt", "nut"), 32, {})
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def embedder() -> ResNet18Embedder:
    torch.manual_seed(0)
    return ResNet18Embedder.from_package(ModelPackage(CARD, weights_of(build_embedder())), CPU)


def crops(*sizes: tuple[int, int]) -> list[RgbImage]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3)).astype(np.uint8) for width, height in sizes]


def test_every_crop_gets_512_finite_values_in_the_order_given(embedder: ResNet18Embedder) -> None:
    several = crops((40, 20), (7, 90), (1, 1))
    embeddings = embedder.embed(several)
    assert embeddings.shape == (3, 512)
    assert embeddings.dtype == np.float32
    assert np.isfinite(embeddings).all()
    np.testing.assert_array_equal(embedder.embed(several[::-1]), embeddings[::-1])


def test_a_crop_gets_the_same_values_alone_and_in_any_batch(embedder: ResNet18Embedder) -> None:
    several = crops((40, 20), (20, 40), (30, 30))
    together = embedder.embed(several)
    for row, crop in enumerate(several):
        np.testing.assert_array_equal(embedder.embed([crop])[0], together[row])


def test_no_crops_give_no_rows(embedder: ResNet18Embedder) -> None:
    assert embedder.embed([]).shape == (0, 512)


def test_weights_of_another_net_are_refused() -> None:
    weights = dict(weights_of(build_embedder()))
    del weights["conv1.weight"]
    with pytest.raises(InvalidInputError, match=r"conv1\.weight"):
        ResNet18Embedder.from_package(ModelPackage(CARD, weights), CPU)


@pytest.mark.parametrize("size", [(100, 50), (50, 100), (10, 5), (300, 1)])
def test_a_squared_crop_keeps_its_proportions_in_the_middle(size: tuple[int, int]) -> None:
    white = np.full((size[1], size[0], 3), 255, np.uint8)
    square = squared_rgb(white, 64)
    assert square.shape == (64, 64, 3)
    rows, columns = np.nonzero((square == 255).all(axis=2))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert max(height, width) == 64
    assert height / width == pytest.approx(max(size[1], 1) / size[0], abs=0.02)
    assert abs((rows.min() + rows.max()) / 2 - 31.5) <= 0.5
    assert abs((columns.min() + columns.max()) / 2 - 31.5) <= 0.5
