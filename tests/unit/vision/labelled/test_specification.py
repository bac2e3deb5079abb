from __future__ import annotations

from pathlib import Path

import pytest

from sorter.errors import InvalidInputError
from tests.unit.vision.labelled.folders import VOC_OBJECT, write_coco, write_voc, write_yolo
from vision.labelled.photographs import Part
from vision.labelled.specification import spec_from_text
from vision.ports import IGNORED

NAMES = "names: [bolt, tray, hand]"
LINES = "0 0.5 0.5 0.5 0.5\n1 0.5 0.5 0.5 0.5\n2 0.5 0.5 0.5 0.5"


def test_a_yolo_folder_is_opened_by_one_text(tmp_path: Path) -> None:
    write_yolo(tmp_path, dict.fromkeys("abcde", LINES), NAMES)
    dataset = spec_from_text(f"yolo:{tmp_path}:last=0.2:container=tray:ignore=hand").open()
    assert dataset.names == ["e.png"]
    assert dataset[0][2].tolist() == [0, 1, IGNORED]


def test_a_voc_folder_is_opened_by_one_text(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": VOC_OBJECT.format("tray", 1, 2, 30, 15)})
    dataset = spec_from_text(f"voc:{tmp_path}:container=tray,box").open()
    assert dataset[0][1].tolist() == [[1, 2, 30, 15]]
    assert dataset[0][2].tolist() == [1]


@pytest.mark.parametrize("place", ["", "labels.json"])
def test_a_coco_folder_or_its_document_is_opened_by_one_text(tmp_path: Path, place: str) -> None:
    things = [{"bbox": [1, 2, 3, 4], "category_id": n} for n in (3, 7)]
    write_coco(tmp_path, {"a": things}, {3: "bolt", 7: "tray"})
    text = f"coco:{tmp_path / place}:container=7"
    assert spec_from_text(text).open()[0][2].tolist() == [0, 1]
    split = f"{text}:labels=labels.json:images=images"
    assert spec_from_text(split).open()[0][2].tolist() == [0, 1]


def test_folders_and_names_can_be_said_where_they_cannot_be_guessed(tmp_path: Path) -> None:
    write_yolo(tmp_path / "x", {"a": LINES}, NAMES)
    text = f"yolo:{tmp_path}:images=x/images:labels=x/labels:names=x/data.yaml:ignore=tray,hand"
    assert spec_from_text(text).open()[0][2].tolist() == [0, IGNORED, IGNORED]


def test_bad_ones_are_left_out_by_a_word(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"a": LINES, "b": "0 9 9 1 1"}, NAMES)
    with pytest.raises(InvalidInputError, match=r"b\.png"):
        spec_from_text(f"yolo:{tmp_path}").open()
    assert len(spec_from_text(f"yolo:{tmp_path}:skip_bad").open()) == 1


def test_a_specification_says_what_it_takes_and_how() -> None:
    spec = spec_from_text("yolo:bench:first=0.8:window=0.4:item=a,b")
    assert spec.parts == (Part(0.8),)
    assert spec.window == 0.4
    assert spec.classes == {"items": ("a", "b")}
    assert spec_from_text("voc:bench").parts == ()
    both = spec_from_text("voc:bench:first=0.8:last=0.1").parts
    assert both == (Part(0.8), Part(0.1, is_last=True))


def test_its_title_holds_no_path_of_this_machine() -> None:
    title = spec_from_text("yolo:/some/where/bench:last=0.2:ignore=Hand:window=0.4").title
    assert title == "yolo, bench, last 0.2, ignored Hand, windows of 0.4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bench", "expected FORMAT:FOLDER"),
        ("pascal:bench", "no such format: pascal; known: coco, voc, yolo"),
        ("yolo:bench:fist=0.8", "not an option of photographs: fist=0.8"),
        ("yolo:bench:first", "not an option of photographs: first"),
        ("yolo:bench:first=", "not an option of photographs: first="),
        ("yolo:bench:skip_bad=yes", "not an option of photographs: skip_bad=yes"),
        ("yolo:bench:first=most", "not a share: most"),
        ("yolo:bench:first=0.8:first=0.2", "given twice"),
        ("yolo:bench:last=1.5", "a share lies above 0"),
        ("yolo:bench:window=0", "window lies above 0"),
    ],
)
def test_a_text_that_is_not_understood_is_refused_with_its_reason(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        spec_from_text(text)
