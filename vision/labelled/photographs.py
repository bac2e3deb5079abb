"""Photographs with outlines drawn by people, whatever format the outlines are kept in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import BoxArray, LabelArray
from vision.decode import decode_rgb
from vision.labelled.classes import ClassMap
from vision.ports import IGNORED, RgbImage

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_SLACK_PX = 1.0  # labels are rounded; what is further out was drawn on another picture


@dataclass(frozen=True, slots=True)
class Outline:
    """What one label says: a class, by name or number, and the box around the thing in pixels.

    Attributes:
        is_crowd: It frames many at once, so that what is found there counts neither way.
    """

    name_or_number: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float
    is_crowd: bool = False


class LabelFormat(Protocol):
    """A way to keep labels beside pictures."""

    def photographs(self) -> Sequence[Path]:
        """Return the pictures, sorted by file name."""
        ...

    def outlines(self, photograph: Path, width_px: int, height_px: int) -> Sequence[Outline]:
        """Return what is labelled on one picture, which is of that size.

        Raises:
            InvalidInputError: Names the file that is missing or cannot be understood.
        """
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """The first or the last share of a set of pictures sorted by name, and so often by time."""

    share: float = 1.0
    is_last: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InvalidInputError(f"a share lies above 0 and up to 1, not {self.share}")

    def of(self, paths: Sequence[Path]) -> Sequence[Path]:
        """Return the part; the first 0.8 and the last 0.2 make up the whole."""
        before = round(1 - self.share, 9) if self.is_last else self.share  # 1 - 0.97 is 0.03
        cut = round(len(paths) * before)
        return paths[cut:] if self.is_last else paths[:cut]


class LabelledPhotographs:
    """A ``DetectionDataset`` of photographs; all are read and checked when it is made.

    Attributes:
        skipped: Why photographs were left out, a sentence each.
    """

    def __init__(
        self,
        source: LabelFormat,
        classes: ClassMap,
        parts: Sequence[Part] = (),
        skip_bad: bool = False,
    ) -> None:
        """Take part after part, check what is left, and leave out bad ones where asked to.

        Raises:
            InvalidInputError: Names the first file that is empty, damaged or wrongly labelled,
                unless bad ones are skipped; or there are no photographs.
        """
        self._pictures: list[tuple[Path, BoxArray, LabelArray, tuple[str, ...]]] = []
        self.skipped: list[str] = []
        paths = source.photographs()
        for part in parts:
            paths = part.of(paths)
        for path in paths:
            try:
                self._pictures.append((path, *_labelled(path, source, classes)))
            except InvalidInputError as error:
                if not skip_bad:
                    raise
                self.skipped.append(str(error))
        if not self._pictures:
            raise InvalidInputError("there are no photographs, or none that can be used")

    @property
    def names(self) -> list[str]:
        """The file names, in order."""
        return [path.name for path, *_ in self._pictures]

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
        path, boxes, labels, _ = self._pictures[index]
        return _read_rgb(path), boxes.copy(), labels.copy()

    def classes_of(self, index: int) -> tuple[BoxArray, tuple[str, ...]]:
        """Return the boxes of a picture and the names of their classes, without what is ignored."""
        _, boxes, labels, names = self._pictures[index]
        counts = labels != IGNORED
        return boxes[counts], tuple(np.asarray(names, object)[counts])


def photographs_in(folder: Path) -> list[Path]:
    """Return the JPEG and PNG files of a folder, sorted by name.

    Raises:
        InvalidInputError: There is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder}: no such folder")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise InvalidInputError(f"{folder}: holds no JPEG or PNG")
    return found


def read_text(path: Path) -> str:
    """Read a file of labels, or raise ``InvalidInputError`` with its name."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read: {error}") from error


def _labelled(
    path: Path, source: LabelFormat, classes: ClassMap
) -> tuple[BoxArray, LabelArray, tuple[str, ...]]:
    height_px, width_px = _read_rgb(path).shape[:2]
    outlines = source.outlines(path, width_px, height_px)
    try:
        labels = [_label(outline, classes) for outline in outlines]
        boxes = [_box(outline, width_px, height_px) for outline in outlines]
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error
    names = tuple(classes.name_of(outline.name_or_number) for outline in outlines)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(labels, np.int64), names


def _label(outline: Outline, classes: ClassMap) -> int:
    label = classes.label_of(outline.name_or_number)
    return IGNORED if outline.is_crowd else label


def _box(outline: Outline, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    x_min, y_min, x_max, y_max = outline.x_min, outline.y_min, outline.x_max, outline.y_max
    is_inside = (
        min(x_min, y_min) >= -_SLACK_PX
        and x_max <= width_px + _SLACK_PX
        and y_max <= height_px + _SLACK_PX
    )
    if not is_inside:  # NaN too
        raise InvalidInputError(f"a box lies outside the picture: {outline}")
    box = (max(0.0, x_min), max(0.0, y_min), min(width_px, x_max), min(height_px, y_max))
    if not (box[0] < box[2] and box[1] < box[3]):
        raise InvalidInputError(f"a box is empty or inverted: {outline}")
    return box


def _read_rgb(path: Path) -> RgbImage:
    try:
        return decode_rgb(path.read_bytes())
    except (OSError, InvalidInputError) as error:
        raise InvalidInputError(f"{path}: {error}") from error
