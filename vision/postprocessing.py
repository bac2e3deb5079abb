"""From what a network answers to the detections of a picture: the rules that every detector keeps.

Numpy alone, so that a network may be run by anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_iou
from sorter.types import BoxArray, Detections, FloatArray, LabelArray
from vision.fitting import SizePx
from vision.ports import IGNORED

SAME_LABEL_IOU = 0.45  # two things on a table seen from above hardly overlap
ANY_LABEL_IOU = 0.7  # an item in a container overlaps it far less: this is one thing, named twice


@dataclass(frozen=True, slots=True, eq=False)
class RawBoxes:
    """What a network found in one picture, in the pixels that it was fed.

    Attributes:
        xyxy_px: ``(n, 4)`` float32; may reach beyond the picture.
        scores: ``(n,)`` float32 in ``[0, 1]``.
        labels: ``(n,)`` int64, values of ``Label``, or ``IGNORED`` for what is neither.
    """

    xyxy_px: BoxArray
    scores: FloatArray
    labels: LabelArray

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> RawBoxes:
        """Return those rows, in that order."""
        return RawBoxes(self.xyxy_px[rows], self.scores[rows], self.labels[rows])


def detections_from_boxes(
    found: RawBoxes, threshold: float, fed_px: SizePx, picture_px: SizePx
) -> Detections:
    """Return what is sure enough, each thing once, in the picture's pixels, by falling score.

    Boxes are clipped to the picture, and those that lie wholly beyond it are dropped. Of one
    thing under two labels the surer stays; where that is ``IGNORED``, none does.

    Args:
        found: What the network answered.
        threshold: Boxes with a lower score are dropped.
        fed_px: The size at which the network saw the picture.
        picture_px: The picture's own size.
    """
    once = _each_thing_once(found.take(found.scores >= threshold))
    known = once.take(once.labels != IGNORED)
    x, y = picture_px[0] / fed_px[0], picture_px[1] / fed_px[1]
    return _within(known, np.array([x, y, x, y], np.float32), picture_px)


def unreduced(found: Detections, seen_px: SizePx, picture_px: SizePx) -> Detections:
    """Return detections of a picture that was decoded at a part of its size, in its own pixels.

    Args:
        found: Boxes in the pixels of the picture as it was decoded.
        seen_px: The size at which it was decoded: an n-th of its own, rounded up.
        picture_px: Its own size.
    """
    if seen_px == picture_px:
        return found
    x, y = (math.ceil(own / seen) for own, seen in zip(picture_px, seen_px, strict=True))
    boxes = RawBoxes(found.xyxy_px, found.scores, found.labels)
    return _within(boxes, np.array([x, y, x, y], np.float32), picture_px)


def suppress(iou: NDArray[np.float64], is_rival: NDArray[np.bool_], limit: float) -> list[int]:
    """Return the rows that stay when each row, from the first on, ends the later ones it covers.

    Args:
        iou: ``(n, n)``, the overlap of every box with every box, the surest first.
        is_rival: ``(n, n)``, whether one box may end the other.
        limit: A rival that overlaps by more is ended.

    Source: greedy non-maximum suppression, P. Felzenszwalb et al., Object Detection with
    Discriminatively Trained Part-Based Models, 2010.
    """
    ends = (iou > limit) & is_rival
    is_ended = np.zeros(len(iou), np.bool_)
    kept = []
    for row in range(len(iou)):
        if not is_ended[row]:
            kept.append(row)
            is_ended |= ends[row]
    return kept


def _each_thing_once(found: RawBoxes) -> RawBoxes:
    """Return the boxes by falling score without those that show a thing again."""
    found = found.take(np.argsort(-found.scores, kind="stable"))
    is_same = found.labels[:, None] == found.labels[None]
    found = _unsuppressed(found, is_same, SAME_LABEL_IOU)
    return _unsuppressed(found, np.ones((len(found.labels),) * 2, np.bool_), ANY_LABEL_IOU)


def _unsuppressed(found: RawBoxes, is_rival: NDArray[np.bool_], limit: float) -> RawBoxes:
    iou = box_iou(found.xyxy_px[:, None], found.xyxy_px[None])
    return found.take(np.array(suppress(iou, is_rival, limit), np.intp))


def _within(found: RawBoxes, factors: BoxArray, picture_px: SizePx) -> Detections:
    """Return enlarged boxes, clipped to the picture; none that lies wholly beyond it."""
    xyxy_px = found.xyxy_px * factors
    np.clip(xyxy_px[:, 0::2], 0, picture_px[0], out=xyxy_px[:, 0::2])
    np.clip(xyxy_px[:, 1::2], 0, picture_px[1], out=xyxy_px[:, 1::2])
    is_box = (xyxy_px[:, 0] < xyxy_px[:, 2]) & (xyxy_px[:, 1] < xyxy_px[:, 3])
    return Detections(xyxy_px[is_box], found.labels[is_box], found.scores[is_box])
