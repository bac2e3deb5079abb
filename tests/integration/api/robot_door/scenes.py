"""What a worker sees in the pictures that robots send here, and where that lies."""

from __future__ import annotations

import numpy as np

from sorter.geometry import servo_from_pixel
from sorter.types import ArmGeometry, Detections, ImageSize
from tests.unit.api.picture_bytes import make_jpeg

CAMERA = ImageSize(1640, 1232)
PICTURE = make_jpeg(CAMERA.width_px, CAMERA.height_px)
CONTAINER = (1200.0, 900.0, 1400.0, 1100.0)
ITEM = (700.0, 300.0, 800.0, 400.0)


def found(*boxes: tuple[float, ...], labels: tuple[int, ...]) -> Detections:
    scores = np.full(len(boxes), 0.9, np.float32)
    xyxy_px = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy_px, np.array(labels, np.int64), scores)


def item_and_container(_: bytes) -> Detections:
    return found(ITEM, CONTAINER, labels=(0, 1))


def place_of(box: tuple[float, ...], position_pw: float, geometry: ArmGeometry) -> list[float]:
    centre = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    place: list[float] = servo_from_pixel([centre], position_pw, CAMERA, geometry)[0].tolist()
    return place
