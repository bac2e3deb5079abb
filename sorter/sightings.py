"""Sightings: every detection of a session, placed in the arm's frame, in one fixed order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sorter.detection import is_cut
from sorter.errors import InvalidInputError
from sorter.geometry import centres_from_xyxy, servo_from_pixel, table_from_servo
from sorter.types import (
    ArmGeometry,
    BoxArray,
    FloatArray,
    ImageSize,
    Label,
    LabelArray,
    Photograph,
    PositionArray,
)


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Detections of several pictures in columns, ordered by what they show.

    The order is by position of the picture, box and score, so it depends neither on the order
    in which pictures came nor, but for perfect twins, on what they are called.

    Attributes:
        size: Of every picture.
        geometry: Of the arm that took them.
        image_ids: ``image`` points in here.
        image: ``(n,)`` int64, the number of the picture.
        row: ``(n,)`` int64, the row in that picture's detections.
        labels: ``(n,)`` int64, values of :class:`~sorter.types.Label`.
        position_pw: ``(n,)`` float64, servo 0 at which the picture was taken.
        xyxy_px: ``(n, 4)`` float32.
        scores: ``(n,)`` float32 in ``[0, 1]``.
        is_cut: ``(n,)`` bool, whether the picture's edge cuts the box.
        servo_pw: ``(n, 2)`` float64, the box's centre in the arm's frame.
        table_px: ``(n, 2)`` float64, the same place on the flat table.
    """

    size: ImageSize
    geometry: ArmGeometry
    image_ids: tuple[str, ...]
    image: LabelArray
    row: LabelArray
    labels: LabelArray
    position_pw: NDArray[np.float64]
    xyxy_px: BoxArray
    scores: FloatArray
    is_cut: NDArray[np.bool_]
    servo_pw: PositionArray
    table_px: PositionArray

    def __len__(self) -> int:
        return len(self.image)

    def of(self, label: Label) -> Sightings:
        """Return those with this label, in the same order."""
        return self.take(np.flatnonzero(self.labels == label))

    def take(self, index: NDArray[np.intp]) -> Sightings:
        """Return the sightings at these numbers, in their order."""
        return Sightings(
            self.size,
            self.geometry,
            self.image_ids,
            self.image[index],
            self.row[index],
            self.labels[index],
            self.position_pw[index],
            self.xyxy_px[index],
            self.scores[index],
            self.is_cut[index],
            self.servo_pw[index],
            self.table_px[index],
        )


def locate(photographs: Sequence[Photograph], geometry: ArmGeometry) -> Sightings:
    """Place every detection of a session's pictures in the arm's frame.

    Args:
        photographs: At least one, in any order.
        geometry: Measured in pixels of pictures of their size.

    Raises:
        InvalidInputError: There is no picture, two share their id, they differ in size, a
            position is not finite, or the base axis lies inside the picture.
    """
    ordered = sorted(photographs, key=lambda photograph: photograph.image_id)
    _check(ordered)
    size = ordered[0].size
    counts = [len(photograph.detections) for photograph in ordered]
    position_pw = np.repeat([float(photograph.position_pw) for photograph in ordered], counts)
    xyxy_px = np.concatenate([photograph.detections.xyxy_px for photograph in ordered])
    servo_pw = servo_from_pixel(centres_from_xyxy(xyxy_px), position_pw, size, geometry)
    found = Sightings(
        size=size,
        geometry=geometry,
        image_ids=tuple(photograph.image_id for photograph in ordered),
        image=np.repeat(np.arange(len(ordered)), counts),
        row=np.concatenate([np.arange(count) for count in counts]),
        labels=np.concatenate([photograph.detections.labels for photograph in ordered]),
        position_pw=position_pw,
        xyxy_px=xyxy_px,
        scores=np.concatenate([photograph.detections.scores for photograph in ordered]),
        is_cut=is_cut(xyxy_px, size),
        servo_pw=servo_pw,
        table_px=table_from_servo(servo_pw, size, geometry),
    )
    return found.take(_content_order(found))


def _content_order(found: Sightings) -> NDArray[np.intp]:
    """Return the order by picture's position, box and score; names decide between twins only."""
    keys = (found.row, found.image, found.scores, *found.xyxy_px.T[::-1], found.position_pw)
    return np.lexsort(keys)


def _check(photographs: Sequence[Photograph]) -> None:
    if not photographs:
        raise InvalidInputError("there is no photograph to place detections from")
    image_id, n = Counter(photograph.image_id for photograph in photographs).most_common(1)[0]
    if n > 1:
        raise InvalidInputError(f"image_id {image_id!r} stands for {n} photographs")
    sizes = {(photo.size.width_px, photo.size.height_px) for photo in photographs}
    if len(sizes) > 1:
        listed = ", ".join(f"{width} x {height}" for width, height in sorted(sizes))
        raise InvalidInputError(
            f"the arm's geometry holds for one size of picture, not for several: {listed}"
        )
    if not all(np.isfinite(photograph.position_pw) for photograph in photographs):
        raise InvalidInputError("a photograph's position_pw is not finite")
