from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from tests.unit.vision.labelled.folders import write_picture, write_yolo
from vision.labelled.classes import ClassMap
from vision.labelled.photographs import LabelledPhotographs, Part
from vision.labelled.yolo import YoloLabels
from vision.ports import IGNORED

CLASSES = ClassMap({0: "bolt", 1: "tray", 2: "hand"}, containers=("tray",), ignored=("hand",))
GOOD = "0 0.5 0.5 0.5 0.5"


def photographs(
    root: Path, parts: Sequence[Part] = (), skip_bad: bool = False
) -> LabelledPhotographs:
    source = YoloLabels(root / "images", root / "labels")
    return LabelledPhotographs(source, CLASSES, parts, skip_bad)


def test_pictures_come_in_the_order_of_their_names_with_boxes_in_their_pixels(
    tmp_path: Path,
) -> None:
    lines = "0 0.25 0.5 0.5 1\n1 0.5 0.5 1 1\n2 0.1 0.1 0.2 0.2\n"
    dataset = photographs(write_yolo(tmp_path, {"b": "", "a": lines}))
    assert dataset.names == ["a.png", "b.png"]
    image, boxes, labels = dataset[0]
    assert (image.shape, image.dtype) == ((20, 40, 3), np.uint8)
    assert boxes.dtype == np.float32
    np.testing.assert_allclose(boxes, [[0, 0, 20, 20], [0, 0, 40, 20], [0, 0, 8, 4]], atol=1e-5)
    assert labels.tolist() == [0, 1, IGNORED]


def test_a_picture_whose_labels_are_empty_shows_nothing_and_counts(tmp_path: Path) -> None:
    dataset = photographs(write_yolo(tmp_path, {"a": "\n"}))
    assert len(dataset) == 1
    assert dataset[0][1].shape == (0, 4)
    assert dataset[0][2].shape == (0,)


def test_what_a_reader_does_to_its_boxes_does_not_come_back(tmp_path: Path) -> None:
    dataset = photographs(write_yolo(tmp_path, {"a": GOOD}))
    dataset[0][1][:] = 0
    assert dataset[0][1].tolist() == [[10, 5, 30, 15]]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("0 1.2 0.5 0.5 0.5", r"a\.png: a box lies outside the picture"),
        ("0 0.5 0.5 0.5 1.2", r"a\.png: a box lies outside the picture"),
        ("0 nan 0.5 0.5 0.5", r"a\.png: a box lies outside the picture"),
        ("0 0.5 0.5 0 0.5", r"a\.png: a box is empty or inverted"),
        ("7 0.5 0.5 0.5 0.5", r"a\.png: class 7 is not one of the 3 known"),
    ],
)
def test_a_wrong_label_is_one_error_that_names_the_picture(
    tmp_path: Path, lines: str, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        photographs(write_yolo(tmp_path, {"a": lines}))


def test_a_box_out_by_a_rounding_error_is_cut_at_the_edge(tmp_path: Path) -> None:
    dataset = photographs(write_yolo(tmp_path, {"a": "0 0.5 0.5 1.02 1.02"}))
    assert dataset[0][1].tolist() == [[0, 0, 40, 20]]


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_an_empty_or_broken_picture_is_one_error_that_names_it(tmp_path: Path, data: bytes) -> None:
    root = write_yolo(tmp_path, {"a": GOOD, "b": GOOD})
    (root / "images" / "b.png").write_bytes(data)
    with pytest.raises(InvalidInputError, match=r"b\.png: not a readable JPEG or PNG"):
        photographs(root)


def test_bad_ones_are_left_out_where_asked_for_and_the_reasons_are_kept(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, {"a": GOOD, "b": GOOD, "c": "0 2 2 1 1", "d": GOOD})
    (root / "images" / "b.png").write_bytes(b"")
    write_picture(root / "images" / "e.png")  # without labels
    dataset = photographs(root, skip_bad=True)
    assert dataset.names == ["a.png", "d.png"]
    assert [reason.split(": ")[0].rsplit("/")[-1] for reason in dataset.skipped] == [
        "b.png",
        "c.png",
        "e.txt",
    ]


def test_nothing_usable_is_an_error_even_where_bad_ones_are_left_out(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, {"a": "0 2 2 1 1"})
    with pytest.raises(InvalidInputError, match="none that can be used"):
        photographs(root, skip_bad=True)


def test_only_the_part_asked_for_is_checked(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, {"a": GOOD, "b": GOOD, "c": "0 2 2 1 1"})
    assert photographs(root, [Part(0.67)]).names == ["a.png", "b.png"]


def test_parts_are_taken_one_of_the_other(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, dict.fromkeys("abcdefghij", GOOD))
    parts = [Part(0.8), Part(0.25, is_last=True)]
    assert photographs(root, parts).names == ["g.png", "h.png"]


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_pictures_is_an_error(tmp_path: Path, name: str) -> None:
    source = YoloLabels(tmp_path / name, tmp_path)
    with pytest.raises(InvalidInputError, match=r"no such folder|holds no JPEG or PNG"):
        LabelledPhotographs(source, CLASSES)


@given(n=st.integers(1, 300), percent=st.integers(1, 99))
def test_the_first_share_and_the_last_share_make_up_the_whole(n: int, percent: int) -> None:
    paths = [Path(f"{number:03d}.jpg") for number in range(n)]
    first = Part(percent / 100).of(paths)
    last = Part((100 - percent) / 100, is_last=True).of(paths)
    assert abs(len(first) - n * percent / 100) <= 0.5
    assert [*first, *last] == paths


@pytest.mark.parametrize("share", [0.0, -0.2, 1.2, float("nan")])
def test_a_share_is_above_zero_and_up_to_one(share: float) -> None:
    with pytest.raises(InvalidInputError, match="a share lies above 0"):
        Part(share)
