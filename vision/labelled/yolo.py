"""YOLO labels: a text file a picture, a line a thing, in shares of width and height."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sorter.errors import InvalidInputError
from vision.labelled.photographs import Outline, photographs_in, read_text

_BOX_VALUES = 4  # centre x and y, width, height; more values are the corners of a polygon
_FEWEST_POLYGON_VALUES = 6


class YoloLabels:
    """Boxes (``class x y width height``) and polygons (``class x1 y1 x2 y2 ...``), also mixed.

    A polygon's box reaches from its least to its greatest coordinates. An empty file of labels
    says that nothing lies there; a missing one is an error.
    """

    def __init__(self, images: Path, labels: Path) -> None:
        self._images = images
        self._labels = labels

    def photographs(self) -> list[Path]:
        return photographs_in(self._images)

    def outlines(self, photograph: Path, width_px: int, height_px: int) -> list[Outline]:
        path = self._labels / f"{photograph.stem}.txt"
        found = []
        for number, line in enumerate(read_text(path).splitlines(), start=1):
            if line.strip():
                try:
                    found.append(_outline(line.split(), width_px, height_px))
                except ValueError as error:
                    raise InvalidInputError(f"{path}: line {number}: {error}") from error
        return found


def yolo_folders(root: Path) -> tuple[Path, Path]:
    """Return the folders of images and labels below ``root``, where that is beyond doubt.

    Raises:
        InvalidInputError: There is none, or more than one.
    """
    pairs = [
        (images, labels)
        for images in (root / "images", *sorted(root.glob("*/images")))
        if images.is_dir()
        for labels in sorted(images.parent.glob("labels*"))
        if labels.is_dir()
    ]
    if len(pairs) != 1:
        raise InvalidInputError(
            f"{root}: holds {len(pairs)} pairs of folders images and labels...; "
            "name them by images= and labels="
        )
    return pairs[0]


def yolo_names(root: Path) -> tuple[str, ...]:
    """Return the class names of the only ``data.yaml`` below ``root``; empty where none is.

    Raises:
        InvalidInputError: There are several, or its ``names`` cannot be understood.
    """
    files = sorted({*root.glob("data.yaml"), *root.glob("*/data.yaml")})
    if not files:
        return ()
    if len(files) > 1:
        raise InvalidInputError(f"{root}: holds {len(files)} files data.yaml; one is needed")
    return names_from_yaml(files[0])


def names_from_yaml(path: Path) -> tuple[str, ...]:
    """Return ``names`` of a YOLO data file: a list in either style, or a mapping from numbers.

    Only this key is understood, so that no YAML library is needed.

    Raises:
        InvalidInputError: The file cannot be read, or has no ``names``.
    """
    text = read_text(path)
    inline = re.search(r"^names\s*:\s*\[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    if inline:
        names = [part.strip() for part in inline[1].split(",")]
    else:
        block = re.search(r"^names\s*:\s*\n((?:[ \t]*(?:-|\d+\s*:)[^\n]*\n?)+)", text, re.MULTILINE)
        rows = block[1].splitlines() if block else []
        names = [re.sub(r"^\s*(?:-|\d+\s*:)\s*", "", row).strip() for row in rows]
    named = tuple(name.strip("'\"") for name in names if name)
    if not named:
        raise InvalidInputError(f"{path}: names of classes are missing")
    return named


def _outline(words: Sequence[str], width_px: int, height_px: int) -> Outline:
    name_or_number, *numbers = words
    values = np.array([float(number) for number in numbers])
    if len(values) == _BOX_VALUES:
        (x, y), half = values[:2], values[2:] / 2
        corners = np.array([[x - half[0], y - half[1]], [x + half[0], y + half[1]]])
    elif len(values) >= _FEWEST_POLYGON_VALUES and len(values) % 2 == 0:
        corners = values.reshape(-1, 2)
    else:
        raise ValueError(f"a class with 4 numbers, or with 3 points or more: not {len(values)}")
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Outline(
        name_or_number,
        float(low[0]) * width_px,
        float(low[1]) * height_px,
        float(high[0]) * width_px,
        float(high[1]) * height_px,
    )
