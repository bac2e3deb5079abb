from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from vision.checking import check_detector
from vision.model_card import Role
from vision.package import ModelCard, ModelKind, ModelPackage, save_package

SHIPPED = Path(__file__).parents[3] / "vision" / "packages"


@pytest.fixture
def no_detectron2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.detectron2.install.find_spec", lambda _: None)


@pytest.fixture
def detectron2_folder(tmp_path: Path) -> str:
    card = ModelCard(
        name="x",
        version="1",
        kind=ModelKind.DETECTRON2,
        labels=("bowl",),
        input_size_px=(32, 32),
        score_threshold=0.5,
        label_map={"bowl": Role.CONTAINER},
    )
    save_package(ModelPackage(card, {"w": np.zeros(1, np.float32)}, "VERSION: 2\n"), tmp_path)
    return str(tmp_path)


@pytest.mark.parametrize("source", ["", str(SHIPPED / "detector")])
def test_what_is_shipped_can_be_loaded(source: str) -> None:
    check_detector(source)


def test_a_folder_that_is_missing_or_no_detector_is_told_before_anything_starts() -> None:
    with pytest.raises(InvalidInputError, match=r"nowhere/model\.json: cannot be read"):
        check_detector("/nowhere")
    with pytest.raises(InvalidInputError, match="kind is resnet18-embedder, which detects nothing"):
        check_detector(str(SHIPPED / "embedder"))


@pytest.mark.usefixtures("no_detectron2")
@pytest.mark.parametrize("source", ["COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml", "own.yaml"])
def test_a_source_that_needs_detectron2_says_so_where_it_is_missing(source: str) -> None:
    with pytest.raises(
        InvalidInputError, match=r"needs Detectron2, .*pip install .*@[0-9a-f]{40}'$"
    ):
        check_detector(source)


@pytest.mark.usefixtures("no_detectron2")
def test_a_package_that_needs_detectron2_says_so_where_it_is_missing(
    detectron2_folder: str,
) -> None:
    with pytest.raises(InvalidInputError, match="needs Detectron2"):
        check_detector(detectron2_folder)


@pytest.mark.detectron2
def test_where_detectron2_is_installed_its_packages_can_be_loaded(detectron2_folder: str) -> None:
    check_detector(detectron2_folder)


@pytest.mark.detectron2
@pytest.mark.parametrize(
    ("source", "wrong"),
    [("none.yaml", "no such file"), ("COCO-Detection/nobody.yaml", "the nearest name is")],
)
def test_a_yaml_that_is_no_file_and_no_zoo_name_is_refused(source: str, wrong: str) -> None:
    with pytest.raises(InvalidInputError, match=wrong):
        check_detector(source)
