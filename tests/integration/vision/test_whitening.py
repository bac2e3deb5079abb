"""The laws of the whitening at the end of an embedder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sorter.errors import InvalidInputError
from sorter.types import FloatArray, LabelArray
from tests.integration.vision.toys import Discs
from vision.embedder import ResNet18Embedder
from vision.load import load_embedder
from vision.networks import WHITENING_WEIGHT, build_embedder
from vision.package import ModelPackage, save_package
from vision.training.embedder import EmbedderLesson, embedder_card
from vision.training.whitening import (
    SHRINKAGES,
    WhiteningCrops,
    estimate,
    few_of_each,
    whitened_package,
    without_whitening,
)
from vision.weights import weights_of

CPU = torch.device("cpu")
CARD = embedder_card("1", Discs(1).kinds, 32, {"how": "a test"})
USING = WhiteningCrops(Discs(24), Discs(18, seed=1))


@pytest.fixture(scope="module")
def plain() -> ModelPackage:
    torch.manual_seed(0)
    return ModelPackage(CARD, weights_of(build_embedder()))


@pytest.fixture(scope="module")
def whitened(plain: ModelPackage) -> ModelPackage:
    return whitened_package(plain, USING, CPU, lambda _: None)


def scattered(n_kinds: int, n_of_each: int, n_values: int) -> tuple[FloatArray, LabelArray]:
    """Return values of length 1 that scatter ten times as far in some directions as in others."""
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(n_kinds), n_of_each)
    spread = np.geomspace(0.05, 0.5, n_values)
    values = rng.normal(size=(n_kinds, n_values))[kinds]
    values += rng.normal(size=values.shape) * spread
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32), kinds


def within_kinds(values: FloatArray, kinds: LabelArray) -> FloatArray:
    """Return the covariance of values about the mean of their kind, in units of its mean."""
    means = np.stack([values[kinds == kind].mean(axis=0) for kind in np.unique(kinds)])
    scatter = values - means[kinds]
    covariance = scatter.T @ scatter
    in_units: FloatArray = covariance / (np.trace(covariance) / len(covariance))
    return in_units


def test_whitened_values_scatter_alike_in_every_direction_within_their_kind() -> None:
    values, kinds = scattered(20, 30, 16)
    assert np.abs(within_kinds(values, kinds) - np.eye(16)).max() > 1
    # Values of length 1 have no scatter along their own direction, but only there.
    whitened = estimate(values, kinds, 1e-6).apply(values)
    np.testing.assert_allclose(within_kinds(whitened, kinds), np.eye(16), atol=0.01)


def test_the_mean_of_all_values_becomes_0() -> None:
    values, kinds = scattered(5, 8, 12)
    np.testing.assert_allclose(
        estimate(values, kinds, 1.0).apply(values).mean(axis=0), 0, atol=1e-5
    )


def test_the_more_shrinkage_the_less_is_done_to_directions() -> None:
    values, kinds = scattered(20, 30, 16)
    matrices = [estimate(values, kinds, shrinkage).matrix for shrinkage in (*SHRINKAGES, 1e6)]
    conditions = [float(np.linalg.cond(matrix)) for matrix in matrices]
    assert conditions == sorted(conditions, reverse=True)
    assert conditions[-1] == pytest.approx(1, abs=1e-3)


def test_values_without_any_scatter_give_a_finite_whitening() -> None:
    values = np.eye(4, dtype=np.float32)
    way = estimate(values, np.arange(4), 1.0)
    assert np.isfinite(way.matrix).all()
    assert np.isfinite(way.apply(values)).all()


def test_few_of_each_are_the_first_of_every_kind() -> None:
    assert few_of_each(Discs(9), 2) == [0, 1, 2, 3, 4, 5]


def test_a_whitened_package_survives_being_saved_and_loaded(
    whitened: ModelPackage, tmp_path: Path
) -> None:
    save_package(whitened, tmp_path)
    crops = [Discs(3)[index][0] for index in range(3)]
    loaded = load_embedder(str(tmp_path), "cpu").embed(crops)
    kept = ResNet18Embedder.from_package(whitened, CPU).embed(crops)
    assert loaded.shape == (3, 512)
    assert loaded.dtype == np.float32
    np.testing.assert_allclose(loaded, kept, atol=0.02 * np.abs(kept).max())  # float16 on disk


def test_a_whitened_embedder_answers_alike_for_a_crop_alone_and_among_others(
    whitened: ModelPackage,
) -> None:
    embedder = ResNet18Embedder.from_package(whitened, CPU)
    crops = [Discs(3)[index][0] for index in range(3)]
    together = embedder.embed(crops)
    np.testing.assert_array_equal(embedder.embed(crops), together)
    np.testing.assert_array_equal(embedder.embed(crops[1:2])[0], together[1])


def test_a_whitened_net_gives_the_whitening_of_the_plain_one(
    plain: ModelPackage, whitened: ModelPackage
) -> None:
    crops = [Discs(24)[index][0] for index in range(24)]
    values = ResNet18Embedder.from_package(plain, CPU).embed(crops)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    kinds = np.arange(24) % 3
    chosen = np.array(few_of_each(Discs(24), 7))
    told = whitened.card.training["whitening"]
    expected = estimate(values[chosen], kinds[chosen], told["shrinkage"]).apply(values)
    found = ResNet18Embedder.from_package(whitened, CPU).embed(crops)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_the_card_tells_of_the_whitening(whitened: ModelPackage) -> None:
    assert whitened.card.architecture == {"whitened": True}
    told = whitened.card.training["whitening"]
    assert told["crops"] == 21
    assert told["kinds"] == 3
    assert told["shrinkage"] in SHRINKAGES
    assert whitened.card.scores["whitening"].keys() == {"purity", "purity_unwhitened"}


def test_whitening_twice_is_whitening_once(whitened: ModelPackage) -> None:
    again = whitened_package(whitened, USING, CPU, lambda _: None)
    assert again.card == whitened.card
    for name, weight in whitened.weights.items():
        np.testing.assert_array_equal(again.weights[name], weight)


def test_a_net_goes_on_learning_from_a_whitened_package(
    whitened: ModelPackage, plain: ModelPackage, tmp_path: Path
) -> None:
    crops = Discs(6)
    lesson = EmbedderLesson(CARD, crops, crops, tmp_path, CPU, start=whitened.weights)
    found = weights_of(lesson.network.embedder)
    assert found.keys() == plain.weights.keys() == without_whitening(whitened.weights).keys()
    np.testing.assert_array_equal(found["conv1.weight"], plain.weights["conv1.weight"])


@pytest.mark.parametrize(
    ("architecture", "wrong"),
    [({"whitened": True}, WHITENING_WEIGHT), ({"whitened": 1}, "whitened")],
)
def test_a_package_that_only_claims_to_be_whitened_is_refused(
    plain: ModelPackage, architecture: Mapping[str, Any], wrong: str
) -> None:
    card = replace(CARD, architecture=architecture)
    with pytest.raises(InvalidInputError, match=wrong):
        ResNet18Embedder.from_package(ModelPackage(card, plain.weights), CPU)
