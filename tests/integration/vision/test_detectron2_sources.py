"""Packages made of configurations, zoo names and weights files of Detectron2."""

from __future__ import annotations

import json
import pickle  # noqa: TID251  (writes a file of the zoo's form)
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("detectron2", reason="Detectron2 is not installed")

from sorter.errors import InvalidInputError
from sorter.types import Detections, Label
from tests.integration.vision.untrained_detectron2 import (
    LABEL_MAP,
    LABELS,
    SIZE_PX,
    make_config,
    make_detectron2_package,
    make_network,
)
from vision.detectron2 import zoo
from vision.detectron2.config import (
    build_network,
    config_from_file,
    config_from_text,
    input_size_px,
    n_classes,
    text_from_config,
)
from vision.detectron2.detector import Detectron2Detector
from vision.detectron2.sources import package_from_yaml, package_from_zoo
from vision.label_maps import COCO, load_label_map
from vision.load import load_detector
from vision.model_card import Role
from vision.package import ModelPackage, save_package
from vision.weights import weights_of

pytestmark = pytest.mark.detectron2
CPU = torch.device("cpu")
FRCNN = "COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml"


def picture(seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (100, 150, 3)).astype(np.uint8)


def detected(package: ModelPackage) -> Detections:
    return Detectron2Detector.from_package(package, CPU).detect([picture()])[0]


def assert_same(a: Detections, b: Detections) -> None:
    np.testing.assert_array_equal(a.xyxy_px, b.xyxy_px)
    np.testing.assert_array_equal(a.labels, b.labels)
    np.testing.assert_array_equal(a.scores, b.scores)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A ``.yaml`` with weights and a label map beside it."""
    config = make_config()
    path = tmp_path / "net.yaml"
    path.write_text(text_from_config(config))
    torch.save({"model": make_network(0, config).state_dict()}, tmp_path / "net.pth")
    roles = {name: LABEL_MAP.get(name, Role.IGNORE) for name in LABELS}
    (tmp_path / "net.labels.json").write_text(json.dumps(roles))
    return path


def test_an_own_yaml_finds_what_the_same_network_finds_in_a_package(own: Path) -> None:
    package = package_from_yaml(own)
    assert package.card.labels == LABELS
    assert package.card.label_map == LABEL_MAP
    assert package.card.input_size_px == SIZE_PX
    assert_same(detected(package), detected(make_detectron2_package()))


def test_a_package_that_was_saved_and_loaded_twice_finds_the_same(tmp_path: Path) -> None:
    save_package(make_detectron2_package(), tmp_path / "a")
    once = load_detector(str(tmp_path / "a"), "cpu")
    again = load_detector(str(tmp_path / "a"), "cpu")
    assert len(once.detect([picture()])[0]) > 5
    assert_same(once.detect([picture()])[0], again.detect([picture()])[0])


def test_the_version_tells_one_set_of_weights_from_another(own: Path) -> None:
    first = package_from_yaml(own).card.full_name
    torch.save({"model": make_network(1).state_dict()}, own.with_suffix(".pth"))
    assert first.startswith("net@")
    assert package_from_yaml(own).card.full_name != first


def test_a_trainers_folder_is_taken_as_it_is(own: Path) -> None:
    own.with_suffix(".pth").rename(own.with_name("model_final.pth"))
    assert package_from_yaml(own).card.name == "net"


def test_weights_may_be_named_by_the_yaml_itself(own: Path) -> None:
    own.with_suffix(".pth").rename(own.with_name("elsewhere.pth"))
    own.write_text(text_from_config(make_config(MODEL__WEIGHTS="elsewhere.pth")))
    assert package_from_yaml(own).card.name == "net"


def test_a_yaml_without_weights_says_where_they_belong(own: Path) -> None:
    own.with_suffix(".pth").unlink()
    with pytest.raises(
        InvalidInputError, match=r"net\.yaml: has no weights beside it, as net\.pth"
    ):
        load_detector(str(own))


def test_classes_without_a_label_map_are_refused(own: Path) -> None:
    own.with_name("net.labels.json").unlink()
    with pytest.raises(InvalidInputError, match=r"3 classes and needs .*net\.labels\.json"):
        load_detector(str(own))


def test_a_label_map_of_other_classes_is_refused(own: Path) -> None:
    own.with_name("net.labels.json").write_text('{"nut": "item"}')
    with pytest.raises(InvalidInputError, match="knows 3 classes"):
        load_detector(str(own))


def test_an_own_yaml_that_would_run_something_runs_nothing(own: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    own.write_text(f"OUTPUT_DIR: !!python/object/apply:os.mkdir ['{trap}']")
    with pytest.raises(InvalidInputError, match=r"net\.yaml: not a configuration"):
        load_detector(str(own))
    assert not trap.exists()


@pytest.mark.parametrize(
    "text", ["", "3", "[1]", "MODEL: 3", "NOBODY: 1", "_BASE_: x.yaml", "a: [", "MODEL: {NO: 1}"]
)
def test_what_is_no_configuration_is_refused(own: Path, text: str) -> None:
    with pytest.raises(InvalidInputError, match="not a configuration of Detectron2"):
        config_from_text(text)
    own.write_text(text)
    with pytest.raises(InvalidInputError):
        package_from_yaml(own)


@pytest.mark.parametrize(
    "values",
    [
        {"MODEL__META_ARCHITECTURE": "Nobody"},
        {"MODEL__BACKBONE__NAME": "build_nothing"},
        {"MODEL__RESNETS__DEPTH": 18},
        {"MODEL__FPN__IN_FEATURES": ["res9"]},
    ],
)
def test_what_detectron2_cannot_build_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="cannot build"):
        build_network(make_config(**values))


@pytest.mark.parametrize("size", [0, 8, 5000])
def test_an_input_size_that_no_package_may_have_is_refused(size: int) -> None:
    with pytest.raises(InvalidInputError, match="16 to 4096"):
        input_size_px(make_config(INPUT__MIN_SIZE_TEST=size))


def test_pictures_of_other_channels_are_refused() -> None:
    config = text_from_config(make_config(INPUT__FORMAT="YUV-BT.601"))
    with pytest.raises(InvalidInputError, match=r"INPUT\.FORMAT"):
        detected(replace(make_detectron2_package(), config=config))


def test_a_package_of_fewer_labels_than_classes_is_refused() -> None:
    package = make_detectron2_package()
    fewer = replace(package, card=replace(package.card, labels=LABELS[1:]))
    with pytest.raises(InvalidInputError, match="labels has 2 names, and the network 3 classes"):
        detected(fewer)


def test_a_network_for_bgr_sees_the_same_picture() -> None:
    package = make_detectron2_package()
    turned = replace(package, config=package.config.replace("FORMAT: BGR", "FORMAT: RGB"))
    assert turned.config != package.config
    bgr = Detectron2Detector.from_package(package, CPU).detect([picture()])[0]
    rgb = Detectron2Detector.from_package(turned, CPU).detect([picture()[..., ::-1]])[0]
    assert_same(bgr, rgb)


def test_roles_that_change_places_change_the_labels_and_nothing_else() -> None:
    package = make_detectron2_package()
    turned = {"bowl": Role.ITEM, "spoon": Role.CONTAINER}
    other = detected(replace(package, card=replace(package.card, label_map=turned)))
    found = detected(package)
    np.testing.assert_array_equal(found.labels, 1 - other.labels)
    np.testing.assert_array_equal(found.xyxy_px, other.xyxy_px)


def test_a_class_that_is_ignored_is_never_found() -> None:
    package = make_detectron2_package()
    items = replace(package, card=replace(package.card, label_map={"spoon": Role.ITEM}))
    assert set(detected(items).labels.tolist()) <= {int(Label.ITEM)}


def test_threshold_and_input_size_that_are_handed_in_take_the_place_of_the_packages(
    tmp_path: Path,
) -> None:
    save_package(make_detectron2_package(), tmp_path)
    folder = str(tmp_path)
    assert load_detector(folder, "cpu").score_threshold == 0.5
    assert load_detector(folder, "cpu", score_threshold=0.25).score_threshold == 0.25
    small = load_detector(folder, "cpu", input_size_px=(48, 32)).detect([picture()])[0]
    assert len(small) != len(load_detector(folder, "cpu").detect([picture()])[0])


def test_the_library_has_a_configuration_for_every_detector_of_the_zoo_and_each_is_read() -> None:
    """The file of RetinaNet builds a Python object: the library's own files are trusted."""
    retinanet = "COCO-Detection/retinanet_R_50_FPN_3x.yaml"
    for name in (FRCNN, retinanet):
        config = config_from_file(zoo.zoo_config_path(name), is_trusted=True)
        assert n_classes(config) == 80
        assert input_size_px(config) == (1333, 800)
        assert n_classes(config_from_text(text_from_config(config))) == 80


def test_the_address_of_weights_is_the_librarys_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pytest.importorskip("detectron2.model_zoo", exc_type=ImportError)
    assert zoo.zoo_weights_url(FRCNN) == theirs.get_checkpoint_url(FRCNN)
    assert str(zoo.zoo_config_path(FRCNN)) == theirs.get_config_file(FRCNN)
    assert zoo.zoo_version(zoo.zoo_weights_url(FRCNN)) == "137849458"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [(FRCNN, True), ("../net.yaml", False), ("/net.yaml", False), ("net.yaml", False)],
)
def test_a_zoo_name_is_a_folder_and_a_name(name: str, is_one: bool) -> None:
    assert zoo.is_zoo_name(name) == is_one


def test_a_misspelt_name_is_told_the_nearest() -> None:
    with pytest.raises(InvalidInputError, match=f"the nearest name is {FRCNN}"):
        load_detector(FRCNN.replace("_50_", "50_"))


def test_a_name_without_trained_weights_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no trained weights of Misc/semantic"):
        zoo.zoo_weights_url("Misc/semantic_R_50_FPN_1x.yaml")


def test_weights_that_cannot_be_downloaded_say_what_to_do_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FVCORE_CACHE", str(tmp_path))
    with pytest.raises(InvalidInputError, match=r"could not be downloaded .* beside a \.yaml"):
        zoo.downloaded("http://127.0.0.1:9/detectron2/1/model_final.pkl")


@pytest.fixture
def toy_zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A zoo of the library's form with one network, whose weights lie at hand; returns its name."""
    config = make_config(MODEL__ROI_HEADS__NUM_CLASSES=80)
    folder = tmp_path / "configs" / "Toys"
    folder.mkdir(parents=True)
    (folder / "tiny.yaml").write_text(text_from_config(config))
    weights = {k: t.numpy() for k, t in make_network(0, config).state_dict().items()}
    path = tmp_path / "Toys" / "tiny" / "123" / "model_final.pkl"
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps({"model": weights, "__author__": "somebody"}))
    (tmp_path / "model_zoo.py").write_text(
        "class _ModelZooUrls:\n"
        f"    S3_PREFIX = {f'{tmp_path}/'!r}\n"
        "    CONFIG_PATH_TO_URL_SUFFIX = {'Toys/tiny': '123/model_final.pkl'}\n"
    )
    monkeypatch.setattr(zoo, "_zoo_folder", lambda: tmp_path)
    zoo._addresses.cache_clear()
    return "Toys/tiny.yaml"


@pytest.fixture(autouse=True)
def forget_the_toy_zoo() -> Any:
    yield
    zoo._addresses.cache_clear()


def test_a_name_of_the_zoo_sorts_by_the_label_map_of_coco(toy_zoo: str) -> None:
    package = package_from_zoo(toy_zoo)
    roles = load_label_map(COCO)
    assert package.card.full_name == "Toys/tiny@123"
    assert package.card.labels == tuple(roles)
    assert package.card.label_map == {n: r for n, r in roles.items() if r is not Role.IGNORE}
    assert load_detector(toy_zoo, "cpu").detect([picture()])[0].labels.dtype == np.int64


def test_a_network_without_a_region_stage_detects_too() -> None:
    levels = ["p3", "p4", "p5", "p6", "p7"]
    config = make_config(
        MODEL__META_ARCHITECTURE="RetinaNet",
        MODEL__BACKBONE__NAME="build_retinanet_resnet_fpn_backbone",
        MODEL__RESNETS__OUT_FEATURES=["res3", "res4", "res5"],
        MODEL__FPN__IN_FEATURES=["res3", "res4", "res5"],
        MODEL__RETINANET__IN_FEATURES=levels,
        MODEL__RETINANET__NUM_CLASSES=3,
        MODEL__RETINANET__NUM_CONVS=1,
        MODEL__RETINANET__PRIOR_PROB=0.6,
    )
    torch.manual_seed(0)
    package = make_detectron2_package()
    network = build_network(config)
    one_stage = replace(package, config=text_from_config(config), weights=weights_of(network))
    found = detected(one_stage)
    assert n_classes(config) == 3
    assert len(found) > 0
    assert set(found.labels.tolist()) <= {int(Label.ITEM), int(Label.CONTAINER)}
