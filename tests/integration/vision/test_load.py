from __future__ import annotations

import json
import re
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from urllib.error import URLError

import numpy as np
import pytest
import torch

from sorter.errors import InvalidInputError
from tests.integration.vision.detectron2_toys import needs_detectron2
from tests.integration.vision.toys import make_package
from vision.device import device_from_name
from vision.load import load_detector, load_embedder
from vision.model_card import MODEL_FILE, ModelKind, Role
from vision.package import ModelPackage, save_package

SHIPPED = Path(__file__).parents[3] / "vision" / "packages"


def test_a_detector_is_loaded_from_its_folder(tmp_path: Path) -> None:
    package = make_package()
    save_package(package, tmp_path)
    assert load_detector(str(tmp_path)).version == package.card.full_name


def test_a_threshold_that_is_handed_in_takes_the_place_of_the_packages_own(
    tmp_path: Path,
) -> None:
    save_package(make_package(), tmp_path)
    assert load_detector(str(tmp_path)).score_threshold == 0.5
    assert load_detector(str(tmp_path), score_threshold=0.25).score_threshold == 0.25


@pytest.mark.parametrize("labels", [("container", "item"), ("item",), ("item", "container", "cat")])
def test_a_detector_with_other_labels_is_refused(tmp_path: Path, labels: tuple[str, ...]) -> None:
    package = make_package()
    save_package(ModelPackage(replace(package.card, labels=labels), package.weights), tmp_path)
    with pytest.raises(InvalidInputError, match=rf"{MODEL_FILE}: field labels"):
        load_detector(str(tmp_path))


def test_a_detector_is_no_embedder(tmp_path: Path) -> None:
    save_package(make_package(), tmp_path)
    with pytest.raises(InvalidInputError, match=f"{MODEL_FILE}: kind is"):
        load_embedder(str(tmp_path))


def test_a_folder_without_a_package_is_named() -> None:
    with pytest.raises(InvalidInputError, match=r"nowhere/model\.json: cannot be read"):
        load_embedder("/nowhere")


def test_a_device_that_does_not_exist_is_refused() -> None:
    assert device_from_name("cpu") == torch.device("cpu")
    with pytest.raises(InvalidInputError, match="no such device: abacus"):
        device_from_name("abacus")


@pytest.fixture
def no_detectron2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide Detectron2, and forget what could only be imported with it."""
    without = {"vision.detectron2.install", "vision.detectron2.plain_pickle"}
    for name in list(sys.modules):
        if name.startswith(("detectron2.", "vision.detectron2.")) and name not in without:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "detectron2", None)


@pytest.mark.usefixtures("no_detectron2")
@pytest.mark.parametrize("source", ["COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml", "own.yaml"])
def test_detectron2_where_it_is_missing_is_told_how_to_get_in_one_sentence(source: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_detector(source)
    assert "\n" not in str(caught.value)
    assert re.search(
        r"needs Detectron2, .*: pip install --no-build-isolation 'detectron2 @ "
        r"git\+https://github\.com/facebookresearch/detectron2@[0-9a-f]{40}'$",
        str(caught.value),
    )


@pytest.mark.usefixtures("no_detectron2")
def test_a_package_of_detectron2_says_what_it_needs(tmp_path: Path) -> None:
    package = make_package()
    card = replace(
        package.card,
        kind=ModelKind.DETECTRON2,
        label_map={"item": Role.ITEM, "container": Role.CONTAINER},
    )
    save_package(ModelPackage(card, package.weights, "VERSION: 2\n"), tmp_path)
    with pytest.raises(InvalidInputError, match="needs Detectron2"):
        load_detector(str(tmp_path))


@pytest.mark.usefixtures("no_detectron2")
def test_everything_else_works_without_detectron2() -> None:
    assert load_detector().score_threshold > 0


@pytest.mark.usefixtures("no_detectron2")
def test_the_shipped_network_of_detectron2_says_how_to_get_the_library() -> None:
    with pytest.raises(InvalidInputError, match=r"needs Detectron2, .*pip install"):
        load_detector("detectron2")


@pytest.mark.detectron2
@needs_detectron2
def test_the_shipped_network_of_detectron2_loads_and_detects() -> None:
    detector = load_detector("detectron2")
    assert detector.version.startswith("sorterbot-detectron2@")
    (found,) = detector.detect([np.full((1232, 1640, 3), 90, np.uint8)])
    assert bool(np.all(found.scores >= detector.score_threshold))


@pytest.mark.parametrize("size", [(96, 64), (48, 32)])
def test_an_input_size_that_is_handed_in_takes_the_place_of_the_packages_own(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    save_package(make_package(), tmp_path)
    image = np.random.default_rng(0).integers(0, 256, (128, 192, 3)).astype(np.uint8)
    by_default = load_detector(str(tmp_path), "cpu", 0.05).detect([image])[0]
    found = load_detector(str(tmp_path), "cpu", 0.05, input_size_px=size).detect([image])[0]
    assert np.array_equal(found.xyxy_px, by_default.xyxy_px) == (size == (96, 64))


def test_imagenet_says_what_to_do_where_it_cannot_be_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    with pytest.raises(InvalidInputError, match=r"imagenet: .* folder of a model package"):
        load_embedder("imagenet")


def test_the_shipped_packages_load_and_stay_small() -> None:
    image = np.full((1232, 1640, 3), 90, np.uint8)
    assert load_detector().detect([image])[0].xyxy_px.shape[1] == 4
    assert load_embedder().embed([image[:60, :90]]).shape == (1, 512)
    assert n_bytes("detector") + n_bytes("embedder") < 45_000_000
    assert n_bytes("detectron2") < 60_000_000


def n_bytes(name: str) -> int:
    return sum(path.stat().st_size for path in (SHIPPED / name).iterdir())


@pytest.mark.parametrize("name", ["detector", "detectron2", "embedder"])
def test_a_shipped_package_says_how_it_was_trained_and_how_good_it_is(name: str) -> None:
    document = json.loads((SHIPPED / name / MODEL_FILE).read_text())
    assert {"how", "seed", "steps"} <= document["training"].keys()
    assert "validation" in document["scores"]
