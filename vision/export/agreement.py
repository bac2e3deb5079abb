"""How well an exported network agrees with the one it was made from, and how quick either is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from sorter.types import BoxArray, Detections, FloatArray, LabelArray
from vision.evaluation import box_iou, score_detections
from vision.ports import CropDataset, DetectionDataset, Detector, Embedder, RgbImage

_MATCH_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Speeds:
    """The median time that one picture took, in either network."""

    eager_ms: float
    exported_ms: float

    @property
    def factor(self) -> float:
        """How many pictures the exported one does while the other one does one."""
        return self.eager_ms / max(1e-9, self.exported_ms)


@dataclass(frozen=True, slots=True)
class DetectorAgreement:
    """How an exported detector compares with its original on the same pictures.

    Attributes:
        boxes: That the original is sure of, over all pictures.
        alone: Boxes that one of the two is sure of and the other does not know at all.
        largest_shift_px: By which an edge of a box that both know differs.
        largest_score_shift: The same for scores.
        ap50: Average precision of the original, and of the exported one.
        ap50_95: The same, over overlaps of 0.5 to 0.95.
    """

    pictures: int
    boxes: int
    alone: int
    largest_shift_px: float
    largest_score_shift: float
    ap50: tuple[float, float]
    ap50_95: tuple[float, float]
    speeds: Speeds

    def to_mapping(self) -> dict[str, Any]:
        """Return the numbers as JSON can hold them."""
        return {
            **asdict(self),
            "ap50_95_difference": self.ap50_95[1] - self.ap50_95[0],
            "speed_factor": self.speeds.factor,
        }


@dataclass(frozen=True, slots=True)
class EmbedderAgreement:
    """How an exported embedder compares with its original on the same crops.

    Attributes:
        largest_difference: The distance between a crop's values in the two, by the length of
            the original's.
    """

    crops: int
    largest_difference: float
    speeds: Speeds

    def to_mapping(self) -> dict[str, Any]:
        """Return the numbers as JSON can hold them."""
        return {**asdict(self), "speed_factor": self.speeds.factor}


def compare_detectors(
    eager: Detector,
    exported: Detector,
    dataset: DetectionDataset,
    threshold: float,
    report: Callable[[int], None] | None = None,
) -> DetectorAgreement:
    """Show every picture to both, in turn, so that a busy machine slows both alike.

    Args:
        eager: The original; it answers with what it is hardly sure of, too, which average
            precision needs.
        exported: So does this one.
        dataset: Labelled pictures.
        threshold: The score from which on a detector is sure.
        report: Told how many pictures are done.

    Raises:
        InvalidInputError: There are no pictures.
    """
    truth: list[tuple[BoxArray, LabelArray]] = []

    def pictures(index: int) -> RgbImage:
        image, boxes, labels = dataset[index]
        truth.append((boxes, labels))
        return image

    asked = (eager.detect, exported.detect)
    found, others, speeds = _asked_in_turn(*asked, pictures, len(dataset), report)
    scores, other_scores = score_detections(found, truth), score_detections(others, truth)
    shifts = np.concatenate(
        [_shifts(a, b, threshold) for a, b in zip(found, others, strict=True)]
        + [np.zeros((1, 2))]  # what no boxes differ by
    )
    pairs = list(zip(found, others, strict=True))
    return DetectorAgreement(
        pictures=len(truth),
        boxes=sum(int((a.scores >= threshold).sum()) for a in found),
        alone=sum(_alone(a, b, threshold) + _alone(b, a, threshold) for a, b in pairs),
        largest_shift_px=float(shifts[:, 0].max()),
        largest_score_shift=float(shifts[:, 1].max()),
        ap50=(scores.ap50, other_scores.ap50),
        ap50_95=(scores.ap50_95, other_scores.ap50_95),
        speeds=speeds,
    )


def compare_embedders(
    eager: Embedder,
    exported: Embedder,
    dataset: CropDataset,
    report: Callable[[int], None] | None = None,
) -> EmbedderAgreement:
    """Show every crop to both, in turn; as :func:`compare_detectors`.

    Raises:
        InvalidInputError: There are no crops.
    """

    def crops(index: int) -> RgbImage:
        return dataset[index][0]

    asked = (lambda c: list(eager.embed(c)), lambda c: list(exported.embed(c)))
    found, others, speeds = _asked_in_turn(*asked, crops, len(dataset), report)
    differences = [_relative_difference(a, b) for a, b in zip(found, others, strict=True)]
    return EmbedderAgreement(len(found), max(differences), speeds)


def _asked_in_turn(
    eager: Callable[[Sequence[RgbImage]], list[Any]],
    exported: Callable[[Sequence[RgbImage]], list[Any]],
    picture: Callable[[int], RgbImage],
    n: int,
    report: Callable[[int], None] | None,
) -> tuple[list[Any], list[Any], Speeds]:
    """Return the answers of both, and the median time of either."""
    if not n:
        raise InvalidInputError("there is nothing to compare the exported network on")
    answers: tuple[list[Any], list[Any]] = ([], [])
    seconds: tuple[list[float], list[float]] = ([], [])
    for index in range(n):
        image = picture(index)
        for number, ask in enumerate((eager, exported)):
            if index == 0:
                ask([image])  # the first call is slow
            begun_s = perf_counter()
            answers[number].extend(ask([image]))
            seconds[number].append(perf_counter() - begun_s)
        if report:
            report(index + 1)
    eager_ms, exported_ms = (float(np.median(one)) * 1000 for one in seconds)
    return *answers, Speeds(eager_ms, exported_ms)


def _shifts(found: Detections, others: Detections, threshold: float) -> NDArray[np.float64]:
    """Return by how much edges and scores differ, of what ``found`` is sure of: ``(n, 2)``."""
    rows, partners = _partners(found, others, threshold)
    edges = np.abs(found.xyxy_px[rows] - others.xyxy_px[partners]).max(axis=1, initial=0.0)
    scores = np.abs(found.scores[rows] - others.scores[partners])
    return np.stack([edges, scores], axis=1).astype(np.float64)


def _alone(found: Detections, others: Detections, threshold: float) -> int:
    n_sure = int((found.scores >= threshold).sum())
    return n_sure - len(_partners(found, others, threshold)[0])


def _partners(
    found: Detections, others: Detections, threshold: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of which ``found`` is sure and ``others`` knows, and where they are there."""
    sure = np.flatnonzero(found.scores >= threshold)
    if not len(others) or not len(sure):
        return sure[:0], sure[:0]
    is_same = found.labels[sure][:, None] == others.labels[None]
    overlap = np.where(is_same, box_iou(found.xyxy_px[sure], others.xyxy_px), 0.0)
    is_known = overlap.max(axis=1) >= _MATCH_IOU
    return sure[is_known], overlap.argmax(axis=1)[is_known]


def _relative_difference(values: FloatArray, others: FloatArray) -> float:
    return float(np.linalg.norm(values - others) / max(1e-12, float(np.linalg.norm(values))))
