"""Builders of seen scenes for the tests of what is measured on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.seen_scene import PictureTruth, SeenScene
from sorter.geometry import pixel_from_servo
from sorter.types import ArmGeometry, Detections, ImageSize, Label, Photograph

CAMERA = ImageSize(1640, 1232)
HALF_PX = 40.0

Places = Sequence[tuple[float, float]]
"""Servo 0 and servo 1 of things, pulse widths in microseconds."""


def make_seen(
    items_pw: Places,
    containers_pw: Places = (),
    looks: Sequence[Sequence[float]] = (),
    positions_pw: Sequence[float] = (1400.0, 1500.0, 1600.0),
) -> SeenScene:
    """Return a scene in which every picture shows, as square boxes, whatever falls into it.

    Args:
        looks: The embedding of each item; each its own direction unless given.
    """
    given = np.asarray(looks if len(looks) else np.eye(max(len(items_pw), 1)), np.float32)
    seen = [_look_from(position, items_pw, containers_pw, given) for position in positions_pw]
    photographs, truths, embeddings = zip(*seen, strict=True)
    return SeenScene(tuple(photographs), tuple(truths), tuple(embeddings))


def _look_from(
    position_pw: float, items_pw: Places, containers_pw: Places, looks: np.ndarray
) -> tuple[Photograph, PictureTruth, np.ndarray]:
    places = np.array([*items_pw, *containers_pw], np.float64).reshape(-1, 2)
    labels = np.repeat([Label.ITEM, Label.CONTAINER], [len(items_pw), len(containers_pw)])
    indices = np.concatenate([np.arange(len(items_pw)), np.arange(len(containers_pw))])
    centres = pixel_from_servo(places, position_pw, CAMERA, ArmGeometry())
    half = np.where(labels == Label.ITEM, HALF_PX, 3 * HALF_PX)[:, None]
    boxes = np.hstack([centres - half, centres + half]).astype(np.float32)
    is_shown = ((boxes[:, :2] > 20) & (boxes[:, 2:] < (1620, 1212))).all(axis=1)
    boxes, labels, indices = boxes[is_shown], labels[is_shown].astype(np.int64), indices[is_shown]
    scores = np.full(len(boxes), 0.9, np.float32)
    photograph = Photograph(
        f"{position_pw:g}", position_pw, CAMERA, Detections(boxes, labels, scores)
    )
    embeddings = np.where((labels == Label.ITEM)[:, None], looks[indices % len(looks)], 0.0)
    return (
        photograph,
        PictureTruth(boxes.copy(), labels.copy(), indices),
        embeddings.astype(np.float32),
    )
