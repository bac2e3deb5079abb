"""COCO's precision at every recall, as pycocotools computes it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sorter.types import BoxArray, Detections, Label, LabelArray
from vision.ports import IGNORED

Truth = Sequence[tuple[BoxArray, LabelArray]]
"""One pair a picture: the boxes ``(n, 4)`` that are there, and their labels ``(n,)``.

A detection that lies half in a box labelled ``IGNORED``, and on nothing else, is not counted.
"""


def coco_precision(found: Sequence[Detections], truth: Truth) -> NDArray[np.float64]:
    """Return the precision at every recall, by COCO's rules and pycocotools.

    Returns:
        ``(overlaps, recalls, labels)`` float64 in ``[0, 1]``: overlaps of 0.5 to 0.95, recalls of
        0 to 1, labels as :class:`sorter.types.Label` numbers them. -1 where one never occurs.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints tables
        coco = COCO()
        coco.dataset = _coco_truth(truth)
        coco.createIndex()
        rows = _coco_results(found)
        results = coco.loadRes(rows) if rows else COCO()
        evaluation = COCOeval(coco, results, "bbox")
        evaluation.params.imgIds = list(range(1, len(truth) + 1))
        evaluation.evaluate()
        evaluation.accumulate()
    precision: NDArray[np.float64] = evaluation.eval["precision"][:, :, :, 0, -1]
    return precision


def _coco_truth(truth: Truth) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for image_id, (boxes, labels) in enumerate(truth, start=1):
        for box, label in zip(boxes, labels, strict=True):
            for category in list(Label) if label == IGNORED else [label]:
                x, y, width, height = _xywh(box)
                annotations.append(
                    {
                        "id": len(annotations) + 1,  # pycocotools takes 0 for "not matched"
                        "image_id": image_id,
                        "category_id": int(category),
                        "bbox": [x, y, width, height],
                        "area": width * height,
                        "iscrowd": int(label == IGNORED),
                    }
                )
    return {
        "images": [{"id": image_id} for image_id in range(1, len(truth) + 1)],
        "categories": [{"id": int(label), "name": label.name.lower()} for label in Label],
        "annotations": annotations,
    }


def _coco_results(found: Sequence[Detections]) -> list[dict[str, Any]]:
    return [
        {
            "image_id": image_id,
            "category_id": int(label),
            "bbox": list(_xywh(box)),
            "score": float(score),
        }
        for image_id, detections in enumerate(found, start=1)
        for box, label, score in zip(
            detections.xyxy_px, detections.labels, detections.scores, strict=True
        )
    ]


def _xywh(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    x_min, y_min, x_max, y_max = (float(edge) for edge in box)
    return x_min, y_min, x_max - x_min, y_max - y_min
