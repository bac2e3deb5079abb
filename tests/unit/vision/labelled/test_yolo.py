from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from tests.unit.vision.labelled.folders import write_yolo
from vision.labelled.photographs import Outline
from vision.labelled.yolo import YoloLabels, names_from_yaml, yolo_folders, yolo_names

SHARES = st.floats(0, 1, width=32)


def outlines(root: Path, text: str) -> list[Outline]:
    write_yolo(root, {"a": text})
    source = YoloLabels(root / "images", root / "labels")
    return source.outlines(root / "images" / "a.png", 100, 200)


def test_four_numbers_are_centre_and_size(tmp_path: Path) -> None:
    assert outlines(tmp_path, "3 0.5 0.25 0.2 0.1") == [Outline("3", 40, 40, 60, 60)]


def test_more_numbers_are_the_corners_of_a_polygon(tmp_path: Path) -> None:
    assert outlines(tmp_path, "0 0.1 0.5 0.3 0.2 0.2 0.9\n\n1 0 0 1 0 1 1 0 1") == [
        Outline("0", 10, 40, 30, 180),
        Outline("1", 0, 0, 100, 200),
    ]


@given(corners=st.lists(st.tuples(SHARES, SHARES), min_size=3, max_size=9))
def test_a_polygon_lies_in_its_box_and_touches_every_side(
    corners: list[tuple[float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    line = " ".join(["0", *(f"{value!r}" for corner in corners for value in corner)])
    (found,) = outlines(tmp_path_factory.mktemp("yolo"), line)
    x, y = np.array(corners).T * [[100], [200]]
    assert (found.x_min, found.y_min) == pytest.approx((x.min(), y.min()))
    assert (found.x_max, found.y_max) == pytest.approx((x.max(), y.max()))


@pytest.mark.parametrize(
    "line", ["0", "0 0.5 0.5", "0 0.5 0.5 0.5 0.5 0.5", "0 a b c d", "0 " + "0.5 " * 7]
)
def test_a_line_that_is_neither_is_one_error_with_file_and_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(InvalidInputError, match=r"a\.txt: line 2: "):
        outlines(tmp_path, f"0 0.5 0.5 0.5 0.5\n{line}")


def test_labels_that_are_no_text_are_one_error_with_the_file(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, {"a": ""})
    (root / "labels" / "a.txt").write_bytes(b"\xff\xfe\x00")
    source = YoloLabels(root / "images", root / "labels")
    with pytest.raises(InvalidInputError, match=r"a\.txt: cannot be read"):
        source.outlines(root / "images" / "a.png", 10, 10)


@pytest.mark.parametrize(
    "text",
    [
        "train: x\nnames: ['Hex bolt', \"Nut\", Hand]\nnc: 3",
        "names:\n- Hex bolt\n- Nut\n- 'Hand'\nnc: 3",
        "nc: 3\nnames:\n  0: Hex bolt\n  1: Nut\n  2: Hand\n",
        "names: [\n  'Hex bolt',\n  'Nut',\n  'Hand',\n]",
    ],
)
def test_names_are_read_in_every_style_that_is_in_use(tmp_path: Path, text: str) -> None:
    path = tmp_path / "data.yaml"
    path.write_text(text)
    assert names_from_yaml(path) == ("Hex bolt", "Nut", "Hand")


def test_a_data_file_without_names_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("nc: 3")
    with pytest.raises(InvalidInputError, match="names of classes are missing"):
        yolo_names(tmp_path)


def test_the_data_file_is_found_one_folder_down_and_must_be_the_only_one(tmp_path: Path) -> None:
    assert yolo_names(tmp_path) == ()
    (tmp_path / "upstream").mkdir()
    (tmp_path / "upstream" / "data.yaml").write_text("names: [a]")
    assert yolo_names(tmp_path) == ("a",)
    (tmp_path / "data.yaml").write_text("names: [b]")
    with pytest.raises(InvalidInputError, match=r"holds 2 files data\.yaml"):
        yolo_names(tmp_path)


@pytest.mark.parametrize("labels", ["labels", "labels_yolo_polygon"])
@pytest.mark.parametrize("below", ["", "train"])
def test_folders_are_found_where_there_is_one_pair(tmp_path: Path, below: str, labels: str) -> None:
    (tmp_path / below / "images").mkdir(parents=True)
    (tmp_path / below / labels).mkdir()
    assert yolo_folders(tmp_path) == (tmp_path / below / "images", tmp_path / below / labels)


def test_folders_are_not_guessed_where_there_is_none_or_more_than_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds 0 pairs"):
        yolo_folders(tmp_path)
    for part in ("train", "valid"):
        for name in ("images", "labels"):
            (tmp_path / part / name).mkdir(parents=True)
    with pytest.raises(InvalidInputError, match="holds 2 pairs"):
        yolo_folders(tmp_path)
