"""Packages that hold a graph: with its weights inside, or beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from vision.package import (
    GRAPH_FILE,
    MODEL_FILE,
    ONNX_FILE,
    WEIGHTS_FILE,
    ModelCard,
    ModelKind,
    ModelPackage,
    Runtime,
    load_package,
    save_package,
)

CARD = ModelCard("finder", "1", ModelKind.EMBEDDER, ("bolt", "nut"), (32, 32))
EXPORTED = ModelPackage(replace(CARD, runtime=Runtime.ONNX), {}, graph=b"a graph with weights")
WEIGHTS = {"layer.weight": np.array([0.5, -2.0], np.float32)}
BESIDE = ModelPackage(CARD, WEIGHTS, graph=b"a graph without weights")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def change(folder: Path, **fields: Any) -> None:
    path = folder / MODEL_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_an_exported_package_is_its_card_and_one_graph(tmp_path: Path) -> None:
    save_package(EXPORTED, tmp_path)
    assert names(tmp_path) == [MODEL_FILE, ONNX_FILE]
    package = load_package(tmp_path, ModelKind.EMBEDDER, Runtime.ONNX)
    assert package.card == EXPORTED.card
    assert package.graph == EXPORTED.graph
    assert not package.weights


def test_a_graph_may_lie_beside_the_weights_that_it_takes(tmp_path: Path) -> None:
    save_package(BESIDE, tmp_path)
    assert names(tmp_path) == [GRAPH_FILE, MODEL_FILE, WEIGHTS_FILE]
    package = load_package(tmp_path, ModelKind.EMBEDDER)
    assert package.graph == BESIDE.graph
    np.testing.assert_array_equal(package.weights["layer.weight"], WEIGHTS["layer.weight"])


def test_weights_that_are_saved_without_a_graph_do_not_take_up_an_older_one(tmp_path: Path) -> None:
    save_package(BESIDE, tmp_path)
    save_package(ModelPackage(CARD, WEIGHTS), tmp_path)
    assert load_package(tmp_path, ModelKind.EMBEDDER).graph == b""


@pytest.mark.parametrize(
    ("package", "file", "field"),
    [(EXPORTED, ONNX_FILE, "weights_sha256"), (BESIDE, GRAPH_FILE, "graph_sha256")],
)
def test_a_graph_that_is_not_the_cards_own_is_refused(
    tmp_path: Path, package: ModelPackage, file: str, field: str
) -> None:
    save_package(package, tmp_path)
    (tmp_path / file).write_bytes(b"another")
    with pytest.raises(InvalidInputError, match=rf"{file}: its SHA-256 is not {field}"):
        load_package(tmp_path, ModelKind.EMBEDDER, None)


@pytest.mark.parametrize(("package", "asked"), [(EXPORTED, Runtime.TORCH), (BESIDE, Runtime.ONNX)])
def test_another_runtime_than_asked_for_is_refused(
    tmp_path: Path, package: ModelPackage, asked: Runtime
) -> None:
    save_package(package, tmp_path)
    with pytest.raises(InvalidInputError, match=f"runtime is {package.card.runtime}, not {asked}"):
        load_package(tmp_path, ModelKind.EMBEDDER, asked)


@pytest.mark.parametrize("value", ["tensorrt", None, 1])
def test_a_runtime_that_nobody_knows_is_refused(tmp_path: Path, value: object) -> None:
    save_package(EXPORTED, tmp_path)
    change(tmp_path, runtime=value)
    with pytest.raises(InvalidInputError, match="field runtime must be one of torch, onnx"):
        load_package(tmp_path, ModelKind.EMBEDDER, None)


def test_a_graph_with_its_weights_inside_has_none_beside_it(tmp_path: Path) -> None:
    save_package(EXPORTED, tmp_path)
    change(tmp_path, graph_sha256="0" * 64)
    with pytest.raises(InvalidInputError, match="graph_sha256 belongs to the runtime torch"):
        load_package(tmp_path, ModelKind.EMBEDDER, None)


def test_an_exported_detectron2_package_needs_no_configuration(tmp_path: Path) -> None:
    card = replace(
        EXPORTED.card,
        kind=ModelKind.DETECTRON2,
        score_threshold=0.5,
        label_map={"bolt": "item"},
    )
    save_package(ModelPackage(card, {}, graph=b"a graph"), tmp_path)
    assert load_package(tmp_path, ModelKind.DETECTRON2, Runtime.ONNX).card == card
