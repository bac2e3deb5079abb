from __future__ import annotations

from pathlib import Path

import pytest

from sorter.errors import InvalidInputError
from tests.unit.vision.labelled.folders import VOC_OBJECT, write_voc
from vision.labelled.photographs import Outline
from vision.labelled.voc import VocLabels

SIZE = "<size><width>{}</width><height>{}</height><depth>3</depth></size>"


def outlines(root: Path, text: str) -> list[Outline]:
    write_voc(root, {"a": text})
    source = VocLabels(root / "JPEGImages", root / "Annotations")
    (picture,) = source.photographs()
    return source.outlines(picture, 40, 20)


def test_every_object_is_an_outline_in_pixels(tmp_path: Path) -> None:
    text = SIZE.format(40, 20) + VOC_OBJECT.format("bolt", 1, 2, 3.5, 4)
    assert outlines(tmp_path, text + VOC_OBJECT.format(" nut ", 5, 6, 7, 8)) == [
        Outline("bolt", 1, 2, 3.5, 4),
        Outline("nut", 5, 6, 7, 8),
    ]


@pytest.mark.parametrize("size", ["", SIZE.format(0, 0)])
def test_a_size_may_be_unknown(tmp_path: Path, size: str) -> None:
    assert outlines(tmp_path, size) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SIZE.format(20, 40), "was drawn on 20 x 40 pixels"),
        ("<size><width>40</width></size>", "size without height"),
        ("<object><name>bolt</name></object>", "an object without name or bndbox"),
        (VOC_OBJECT.format("", 1, 2, 3, 4), "an object without name or bndbox"),
        (VOC_OBJECT.format("bolt", "x", 2, 3, 4), "could not convert"),
        ("<object>", "not XML"),
        ("<!ENTITY a 'b'>", "defines entities"),
    ],
)
def test_what_cannot_be_understood_is_one_error_with_the_file(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=rf"a\.xml: {message}"):
        outlines(tmp_path, text)


def test_a_missing_annotation_is_an_error_with_its_name(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a": ""})
    (tmp_path / "Annotations" / "a.xml").unlink()
    source = VocLabels(tmp_path / "JPEGImages", tmp_path / "Annotations")
    with pytest.raises(InvalidInputError, match=r"a\.xml: cannot be read"):
        source.outlines(source.photographs()[0], 40, 20)
