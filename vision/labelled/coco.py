"""COCO labels: one JSON file for all pictures, boxes as corner, width and height in pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sorter.errors import InvalidInputError
from vision.labelled.photographs import Outline, read_text

_BOX_VALUES = 4
_SECTIONS = ("images", "annotations", "categories")

Entry = Mapping[str, Any]
"""One object of a COCO document, such as an annotation."""


class CocoLabels:
    """One document with ``images``, ``annotations`` and ``categories``, and a folder of pictures.

    Numbers of categories may have gaps. Where an annotation has no ``bbox``, the box around its
    polygons is taken. A crowd (``iscrowd``) is a region that counts neither as right nor as
    false. Annotations of pictures that are not listed label nothing, and are passed over.

    Args:
        document: The JSON file.
        images: Where file names lead from; without it, the one of the usual places that holds
            the first picture: the document's folder, the one around it, ``images`` in either,
            and a folder called as the split, such as ``val2017`` for ``instances_val2017.json``.

    Raises:
        InvalidInputError: The document is not COCO's, two pictures or categories share a number,
            a picture is listed twice, or where the pictures lie is in doubt.
    """

    def __init__(self, document: Path, images: Path | None = None) -> None:
        self._path = document
        sections = _read_sections(document)
        self._names: dict[Any, str] = self._by_number(sections["categories"], "name")
        files = self._by_number(sections["images"], "file_name")
        if len(set(files.values())) < len(files):
            raise InvalidInputError(f"{document}: lists a picture twice, by two numbers")
        folder = images or _folder_of_images(document, next(iter(files.values()), ""))
        self._numbers = {folder / name: number for number, name in files.items()}
        self._listed = {image["id"]: image for image in sections["images"]}
        self._annotations: dict[Any, list[Entry]] = {}
        for annotation in sections["annotations"]:
            self._annotations.setdefault(_number(annotation, "image_id"), []).append(annotation)

    @property
    def names(self) -> Mapping[int, str]:
        """The names of the categories by their numbers."""
        return self._names

    def photographs(self) -> list[Path]:
        return sorted(self._numbers)

    def outlines(self, photograph: Path, width_px: int, height_px: int) -> list[Outline]:
        number = self._numbers[photograph]
        try:
            _check_size(self._listed[number], width_px, height_px)
            return [self._outline(one) for one in self._annotations.get(number, ())]
        except ValueError as error:
            raise InvalidInputError(f"{self._path}: {photograph.name}: {error}") from error

    def _outline(self, annotation: Entry) -> Outline:
        try:
            name = self._name(annotation)
            return Outline(name, *_edges(annotation), bool(annotation.get("iscrowd")))
        except (OverflowError, TypeError, ValueError) as error:
            raise ValueError(f"annotation {annotation.get('id')}: {error}") from error

    def _name(self, annotation: Entry) -> str:
        category = _number(annotation, "category_id")
        if category not in self._names:
            raise ValueError(f"category {annotation.get('category_id')} is not listed")
        return self._names[category]

    def _by_number(self, rows: Sequence[Entry], field: str) -> dict[Any, str]:
        found: dict[Any, str] = {}
        for row in rows:
            number, text = _number(row, "id"), row.get(field)
            if number is None or not isinstance(text, str):
                raise InvalidInputError(f"{self._path}: an entry without id or {field}: {row}")
            if found.setdefault(number, text) != text:
                raise InvalidInputError(f"{self._path}: {found[number]} and {text} share an id")
        return found


def coco_document(root: Path) -> Path:
    """Return the only JSON file in ``root`` or one folder below it, or ``root`` if it is a file.

    Raises:
        InvalidInputError: There is none, or more than one.
    """
    found = [root] if root.is_file() else sorted({*root.glob("*.json"), *root.glob("*/*.json")})
    if len(found) != 1:
        raise InvalidInputError(f"{root}: holds {len(found)} JSON files; name one by labels=")
    return found[0]


def _folder_of_images(document: Path, first: str) -> Path:
    split = document.stem.rpartition("_")[2]
    places = (document.parent, document.parent.parent)
    names = ("", "images", split, f"images/{split}")
    holding = {
        (place / name).resolve(): place / name
        for place in places
        for name in names
        if (place / name / first).is_file()
    }
    if len(holding) != 1:
        raise InvalidInputError(
            f"{document}: its first picture, {first}, lies in {len(holding)} of the usual "
            "folders; name the one by images="
        )
    return next(iter(holding.values()))


def _read_sections(path: Path) -> dict[str, list[Entry]]:
    try:
        document = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path}: not JSON: {error}") from error
    for name in _SECTIONS:
        rows = document.get(name) if isinstance(document, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InvalidInputError(f"{path}: {name} is not a list of objects, as COCO has it")
    return {name: document[name] for name in _SECTIONS}


def _number(entry: Entry, field: str) -> int | str | None:
    """Return a field that refers to something; some tools write such numbers as texts."""
    value = entry.get(field)
    return value if isinstance(value, int | str) else None


def _check_size(image: Entry, width_px: int, height_px: int) -> None:
    told = (image.get("width"), image.get("height"))
    if all(told) and told != (width_px, height_px):  # some tools write 0 for "not known"
        raise ValueError(f"was labelled as {told[0]} x {told[1]} pixels, not this picture")


def _edges(annotation: Entry) -> tuple[float, float, float, float]:
    box = annotation.get("bbox")
    if box:
        values = [float(value) for value in box]
        if len(values) != _BOX_VALUES:
            raise ValueError(f"a bbox of {len(values)} numbers, not 4")
        x, y, width, height = values
        return x, y, x + width, y + height
    corners = list(_polygon_values(annotation.get("segmentation")))
    if not corners or len(corners) % 2:
        raise ValueError("neither a bbox nor polygons")
    return min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2])


def _polygon_values(polygons: object) -> Iterator[float]:
    """Yield x and y of all polygons' corners in turn; nothing of a run-length mask."""
    if isinstance(polygons, list):
        for polygon in polygons:
            yield from (float(value) for value in polygon)
