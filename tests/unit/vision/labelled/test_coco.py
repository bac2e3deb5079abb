from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from tests.unit.vision.labelled.folders import (
    HEIGHT_PX,
    VOC_OBJECT,
    WIDTH_PX,
    write_coco,
    write_picture,
    write_voc,
    write_yolo,
)
from vision.labelled.coco import CocoLabels, coco_document
from vision.labelled.photographs import Outline
from vision.labelled.specification import spec_from_text
from vision.ports import IGNORED

BOX = {"bbox": [4, 2, 8, 6], "category_id": 1}


def outlines(root: Path, *annotations: Mapping[str, Any]) -> Sequence[Outline]:
    labels = CocoLabels(write_coco(root, {"a": annotations}) / "labels.json")
    return labels.outlines(labels.photographs()[0], WIDTH_PX, HEIGHT_PX)


def edit(document: Path, **changes: Any) -> None:
    document.write_text(json.dumps({**json.loads(document.read_text()), **changes}))


def test_a_box_is_corner_width_and_height_and_its_category_goes_by_name(tmp_path: Path) -> None:
    tray = {"bbox": [0.5, 1, 2.25, 3], "category_id": 5, "area": 1}
    assert outlines(tmp_path, BOX, tray) == [
        Outline("bolt", 4, 2, 12, 8),
        Outline("tray", 0.5, 1, 2.75, 4),
    ]


@given(
    edges=st.lists(
        st.tuples(*[st.integers(0, side) for side in (WIDTH_PX, HEIGHT_PX)] * 2)
        .map(lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3])))
        .filter(lambda b: b[0] < b[2] and b[1] < b[3]),
        max_size=4,
    )
)
def test_the_same_boxes_are_read_whatever_format_they_are_kept_in(
    edges: list[tuple[int, int, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("formats")
    rows = [{"bbox": [a, b, c - a, d - b], "category_id": 1} for a, b, c, d in edges]
    yolo = [
        f"0 {(a + c) / 2 / WIDTH_PX!r} {(b + d) / 2 / HEIGHT_PX!r} "
        f"{(c - a) / WIDTH_PX!r} {(d - b) / HEIGHT_PX!r}\n"
        for a, b, c, d in edges
    ]
    write_coco(root / "coco", {"a": rows})
    write_voc(root / "voc", {"a": "".join(VOC_OBJECT.format("bolt", *box) for box in edges)})
    write_yolo(root / "yolo", {"a": "".join(yolo)})
    for name in ("coco", "voc", "yolo"):
        _, boxes, labels = spec_from_text(f"{name}:{root / name}").open()[0]
        np.testing.assert_allclose(boxes, np.array(edges, float).reshape(-1, 4), atol=1e-4)
        assert labels.tolist() == [0] * len(edges)


@pytest.mark.parametrize("polygons", [[[4, 2, 12, 3, 7, 8]], [[4, 4, 8, 2, 8, 3], [9, 8, 12, 6]]])
@pytest.mark.parametrize("box", [{}, {"bbox": []}, {"bbox": None}])
def test_polygons_without_a_box_are_framed(
    tmp_path: Path, polygons: list[list[float]], box: dict[str, Any]
) -> None:
    thing = {"category_id": 1, "segmentation": polygons, **box}
    assert outlines(tmp_path, thing) == [Outline("bolt", 4, 2, 12, 8)]


def test_a_crowd_counts_neither_as_right_nor_as_false(tmp_path: Path) -> None:
    crowd = {**BOX, "iscrowd": 1, "segmentation": {"counts": [3], "size": [20, 40]}}
    write_coco(tmp_path, {"a": [BOX, crowd]})
    assert spec_from_text(f"coco:{tmp_path}").open()[0][2].tolist() == [0, IGNORED]


def test_pictures_without_annotations_count_and_show_nothing(tmp_path: Path) -> None:
    write_coco(tmp_path, {"b": [], "a": [BOX]})
    dataset = spec_from_text(f"coco:{tmp_path}").open()
    assert dataset.names == ["a.png", "b.png"]
    assert [len(dataset[n][1]) for n in range(2)] == [1, 0]


def test_pictures_may_lie_in_folders_of_their_own(tmp_path: Path) -> None:
    write_coco(tmp_path, {"left/a": [BOX], "right/a": []})
    dataset = spec_from_text(f"coco:{tmp_path}").open()
    assert [len(dataset[n][1]) for n in range(2)] == [1, 0]


def test_annotations_of_pictures_that_are_not_listed_label_nothing(tmp_path: Path) -> None:
    assert outlines(tmp_path, {**BOX, "image_id": 99}, BOX) == [Outline("bolt", 4, 2, 12, 8)]


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        ({"bbox": [1, 2, 3], "category_id": 1}, "a bbox of 3 numbers"),
        ({"bbox": [1, 2, 3, "wide"], "category_id": 1}, "could not convert"),
        ({"bbox": [1, 2, 3, 10**400], "category_id": 1}, "too large"),
        ({"bbox": 7, "category_id": 1}, "not iterable"),
        ({"category_id": 1}, "neither a bbox nor polygons"),
        ({"category_id": 1, "segmentation": {"counts": "x"}}, "neither a bbox nor polygons"),
        ({"category_id": 1, "segmentation": [[1, 2, 3]]}, "neither a bbox nor polygons"),
        ({**BOX, "category_id": 4}, "category 4 is not listed"),
        ({**BOX, "category_id": None}, "category None is not listed"),
        ({**BOX, "category_id": [1]}, r"category \[1\] is not listed"),
    ],
)
def test_a_wrong_annotation_is_one_line_that_names_file_picture_and_annotation(
    tmp_path: Path, thing: dict[str, Any], message: str
) -> None:
    with pytest.raises(
        InvalidInputError, match=rf"labels\.json: a\.png: annotation 1: .*{message}"
    ):
        outlines(tmp_path, BOX, thing)


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        ({"bbox": [30, 2, 30, 6], "category_id": 1}, "outside the picture"),
        ({"bbox": [400, 2, 30, 6], "category_id": 1}, "outside the picture"),
        ({"bbox": [1, 2, float("nan"), 6], "category_id": 1}, "outside the picture"),
        ({"bbox": [1, 2, 0, 6], "category_id": 1}, "empty or inverted"),
        ({"bbox": [1, 2, 3, 6], "category_id": 4}, "category 4 is not listed"),
    ],
)
def test_bad_labels_are_left_out_by_picture_where_asked_for(
    tmp_path: Path, thing: dict[str, Any], message: str
) -> None:
    write_coco(tmp_path, {"a": [BOX], "b": [thing], "c": [], "d": [BOX]})
    (tmp_path / "images" / "c.png").unlink()
    (tmp_path / "images" / "d.png").write_bytes(b"")
    with pytest.raises(InvalidInputError, match=message):
        spec_from_text(f"coco:{tmp_path}").open()
    dataset = spec_from_text(f"coco:{tmp_path}:skip_bad").open()
    assert dataset.names == ["a.png"]
    assert [name in reason for name, reason in zip("bcd", dataset.skipped, strict=True)] == [
        True
    ] * 3
    assert message in dataset.skipped[0]


def test_labels_drawn_at_another_size_are_refused(tmp_path: Path) -> None:
    labels = CocoLabels(write_coco(tmp_path, {"a": [BOX]}) / "labels.json")
    with pytest.raises(InvalidInputError, match=r"a\.png: was labelled as 40 x 20 pixels"):
        labels.outlines(labels.photographs()[0], 20, 40)


@pytest.mark.parametrize("content", ["", "[]", '{"images": []}', "{", "[" * 100_000])
def test_what_is_no_coco_document_is_one_line_with_its_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(InvalidInputError, match=r"labels\.json: (not JSON|images is|annotations)"):
        CocoLabels(tmp_path / "labels.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotations": {"1": {}}}, "annotations is not a list of objects"),
        ({"categories": ["bolt"]}, "categories is not a list of objects"),
        ({"categories": [{"id": 1}]}, "an entry without id or name"),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}, "a and b share an id"),
        ({"images": [{"id": [1], "file_name": "a.png"}]}, "an entry without id or file_name"),
        ({"images": [{"id": n, "file_name": "a.png"} for n in (1, 2)]}, "lists a picture twice"),
        ({"images": []}, "first picture, , lies in 0 of the usual folders"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    document = write_coco(tmp_path, {"a": [BOX]}) / "labels.json"
    edit(document, **changes)
    with pytest.raises(InvalidInputError, match=rf"labels\.json: .*{message}"):
        CocoLabels(document)


@pytest.mark.parametrize(
    ("document", "pictures"),
    [
        ("labels.json", "images"),
        ("annotations/instances_val2017.json", "val2017"),
        ("annotations/instances_val2017.json", "images/val2017"),
        ("train/_annotations.coco.json", "train"),
        ("annotations/labels.json", "images"),
    ],
)
def test_pictures_are_found_in_the_usual_places(
    tmp_path: Path, document: str, pictures: str
) -> None:
    write_coco(tmp_path, {"a": [BOX]}, document=document)
    if pictures != "images":
        (tmp_path / "images" / "a.png").unlink()
        write_picture(tmp_path / pictures / "a.png")
    assert coco_document(tmp_path) == tmp_path / document
    assert CocoLabels(coco_document(tmp_path)).photographs() == [tmp_path / pictures / "a.png"]


def test_where_pictures_or_documents_are_in_doubt_nothing_is_guessed(tmp_path: Path) -> None:
    document = write_coco(tmp_path, {"a": [BOX]}) / "labels.json"
    write_picture(tmp_path / "a.png")
    with pytest.raises(InvalidInputError, match=r"a\.png, lies in 2 of the usual folders"):
        CocoLabels(document)
    assert CocoLabels(document, tmp_path).photographs() == [tmp_path / "a.png"]
    (tmp_path / "others.json").write_text("{}")
    with pytest.raises(InvalidInputError, match="holds 2 JSON files"):
        coco_document(tmp_path)
