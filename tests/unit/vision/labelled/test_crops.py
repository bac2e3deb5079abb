from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from tests.unit.vision.labelled.folders import write_yolo
from vision.crop import crop_rgb
from vision.labelled.classes import ClassMap
from vision.labelled.crops import PhotographCrops
from vision.labelled.photographs import LabelledPhotographs
from vision.labelled.yolo import YoloLabels

CLASSES = ClassMap({0: "bolt", 1: "washer", 2: "hand"}, ignored=("hand",))
LINES = "1 0.25 0.5 0.3 0.6\n0 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.1 0.1\n"


def photographs(root: Path) -> LabelledPhotographs:
    return LabelledPhotographs(YoloLabels(root / "images", root / "labels"), CLASSES)


def test_each_class_is_a_kind_and_what_is_ignored_is_none(tmp_path: Path) -> None:
    crops = PhotographCrops([(photographs(write_yolo(tmp_path, {"a": LINES, "b": LINES})), None)])
    assert crops.kinds == ("washer", "bolt")
    assert [crops[index][1] for index in range(len(crops))] == [0, 1, 0, 1]


def test_a_set_can_count_as_one_kind(tmp_path: Path) -> None:
    one = photographs(write_yolo(tmp_path / "one", {"a": LINES}))
    other = photographs(write_yolo(tmp_path / "other", {"a": LINES}))
    crops = PhotographCrops([(one, "metal"), (other, None), (one, "metal")])
    assert crops.kinds == ("metal", "washer", "bolt")
    assert [crops[index][1] for index in range(len(crops))] == [0, 0, 1, 2, 0, 0]


def test_crops_are_cut_as_a_worker_cuts_them(tmp_path: Path) -> None:
    labelled = photographs(write_yolo(tmp_path, {"a": LINES}))
    image, boxes, _ = labelled[0]
    crops = PhotographCrops([(labelled, None)])
    expected = crop_rgb(image, [float(edge) for edge in boxes[0]])
    np.testing.assert_array_equal(crops[0][0], expected)


def test_photographs_of_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="nothing is labelled"):
        PhotographCrops([(photographs(write_yolo(tmp_path, {"a": ""})), None)])
