"""How good a detector is: average precision, and what it means for picking things up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from sorter.geometry import centres_from_xyxy
from sorter.types import BoxArray, Detections, Label, LabelArray
from vision.average_precision import Truth, coco_precision
from vision.ports import IGNORED, DetectionDataset, Detector

EVALUATION_THRESHOLD = 0.02
"""The score from which detections enter average precision, which needs the unsure ones, too."""

_MATCH_IOU = 0.5
_IGNORED_SHARE = 0.5  # of a detection's area; as COCO judges crowds at this overlap
_THRESHOLDS = np.round(np.arange(0.1, 0.96, 0.05), 2)


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """Average precision in ``[0, 1]``, -1 where a label never occurs.

    Attributes:
        ap50: Boxes count as found from an overlap of 0.5 on; mean over the labels.
        ap50_95: Mean over overlaps of 0.5 to 0.95.
    """

    ap50: float
    ap50_95: float
    ap50_by_label: Mapping[str, float]
    ap50_95_by_label: Mapping[str, float]

    def to_mapping(self) -> dict[str, Any]:
        """Return the scores as JSON can hold them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MatchScores:
    """What a detector does at one score threshold, boxes matched from an overlap of 0.5 on.

    Attributes:
        precision: Share of the detections that are there.
        recall: Share of what is there that was detected.
        centre_error_p95_px: 95 of 100 matched boxes have their centre this close, or closer.
        false_boxes_a_picture: Detections that are not there, by the number of pictures.
    """

    threshold: float
    precision: float
    recall: float
    centre_error_median_px: float
    centre_error_p95_px: float
    false_boxes_a_picture: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in pictures, what is there, and how many false boxes a picture may have."""

    found: Sequence[Detections]
    truth: Truth
    most_false_boxes: float = float("inf")


def detect_all(
    detector: Detector,
    dataset: DetectionDataset,
    report: Callable[[int], None] | None = None,
) -> tuple[list[Detections], list[tuple[BoxArray, LabelArray]], float]:
    """Run a detector over every picture of a dataset, one at a time.

    Returns:
        What was found, what is there, and the seconds that detecting alone took.
    """
    found: list[Detections] = []
    truth: list[tuple[BoxArray, LabelArray]] = []
    seconds = 0.0
    for index in range(len(dataset)):
        image, boxes, labels = dataset[index]
        begun_s = perf_counter()
        found.extend(detector.detect([image]))
        seconds += perf_counter() - begun_s
        truth.append((boxes, labels))
        if report:
            report(index + 1)
    return found, truth, seconds


def score_detections(found: Sequence[Detections], truth: Truth) -> DetectionScores:
    """Return COCO's average precision of what was found, one entry a picture.

    Raises:
        InvalidInputError: The lengths differ, or there are no pictures.
    """
    if len(found) != len(truth) or not truth:
        raise InvalidInputError(f"{len(found)} pictures detected, but {len(truth)} labelled")
    precision = coco_precision(found, truth)
    by_label = [_mean(precision[:, :, int(label)]) for label in Label]
    at_50 = [_mean(precision[0, :, int(label)]) for label in Label]
    names = [label.name.lower() for label in Label]
    return DetectionScores(
        _mean(precision[0]),
        _mean(precision),
        dict(zip(names, at_50, strict=True)),
        dict(zip(names, by_label, strict=True)),
    )


def match_detections(found: Sequence[Detections], truth: Truth, threshold: float) -> MatchScores:
    """Match detections above a threshold to what is there, the surest first."""
    n_found = n_there = 0
    errors_px: list[float] = []
    for detections, (boxes, labels) in zip(found, truth, strict=True):
        is_there = labels != IGNORED
        true_boxes, ignored = boxes[is_there], boxes[~is_there]
        is_sure = detections.scores >= threshold
        sure = detections.xyxy_px[is_sure]
        pairs = _pairs(sure, detections.labels[is_sure], true_boxes, labels[is_there])
        centres, true_centres = centres_from_xyxy(sure), centres_from_xyxy(true_boxes)
        errors_px += [float(np.hypot(*(centres[i] - true_centres[j]))) for i, j in pairs]
        is_counted = ~_lies_in(sure, ignored)
        is_counted[[i for i, _ in pairs]] = True
        n_found += int(is_counted.sum())
        n_there += len(true_boxes)
    return MatchScores(
        threshold,
        len(errors_px) / max(1, n_found),
        len(errors_px) / max(1, n_there),
        float(np.median(errors_px)) if errors_px else 0.0,
        float(np.percentile(errors_px, 95)) if errors_px else 0.0,
        (n_found - len(errors_px)) / max(1, len(truth)),
    )


def best_threshold(*judged: Judged) -> float:
    """Return the score threshold with the best F1, the middle one where several are.

    Sets of pictures weigh the same. Where no threshold keeps to the false boxes that each may
    have, the highest is returned.
    """
    matches = [
        [match_detections(one.found, one.truth, float(threshold)) for one in judged]
        for threshold in _THRESHOLDS
    ]
    is_allowed = [
        all(
            m.false_boxes_a_picture <= one.most_false_boxes
            for m, one in zip(row, judged, strict=True)
        )
        for row in matches
    ]
    if not any(is_allowed):
        return float(_THRESHOLDS[-1])
    values = np.array([np.mean([m.f1 for m in row]) for row in matches])
    values[~np.array(is_allowed)] = -1.0
    best = np.flatnonzero(values >= values.max() - 1e-3)
    return float(_THRESHOLDS[best[len(best) // 2]])


def box_iou(a_px: BoxArray, b_px: BoxArray) -> NDArray[np.float64]:
    """Return how far each of ``a_px`` overlaps each of ``b_px``: ``(n, m)`` in ``[0, 1]``."""
    a, b = np.asarray(a_px, np.float64)[:, None], np.asarray(b_px, np.float64)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared: NDArray[np.float64] = np.prod(np.maximum(sides, 0), axis=-1)
    areas = np.prod(a[..., 2:] - a[..., :2], axis=-1) + np.prod(b[..., 2:] - b[..., :2], axis=-1)
    iou: NDArray[np.float64] = shared / (areas - shared)
    return iou


def _lies_in(boxes_px: BoxArray, regions_px: BoxArray) -> NDArray[np.bool_]:
    """Tell of every box whether half of it or more lies in any one region: ``(n,)``."""
    if not len(boxes_px) or not len(regions_px):
        return np.zeros(len(boxes_px), np.bool_)
    a, b = boxes_px[:, None], regions_px[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    areas = np.prod(boxes_px[:, 2:] - boxes_px[:, :2], axis=-1)
    lies: NDArray[np.bool_] = (shared >= _IGNORED_SHARE * areas[:, None]).any(axis=1)
    return lies


def _pairs(
    boxes_px: BoxArray, labels: LabelArray, true_px: BoxArray, true_labels: LabelArray
) -> list[tuple[int, int]]:
    """Pair each detection, in the order given, with the free true box that it overlaps most."""
    if not len(boxes_px) or not len(true_px):
        return []
    overlap = np.where(labels[:, None] == true_labels[None], box_iou(boxes_px, true_px), 0.0)
    pairs: list[tuple[int, int]] = []
    for row in range(len(boxes_px)):
        best = int(np.argmax(overlap[row]))
        if overlap[row, best] >= _MATCH_IOU:
            pairs.append((row, best))
            overlap[:, best] = 0.0
    return pairs


def _mean(precision: NDArray[np.float64]) -> float:
    known = precision[precision > -1]
    return float(known.mean()) if known.size else -1.0
