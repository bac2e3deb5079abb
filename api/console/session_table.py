"""What of a session's plan and pictures lies where on the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from api.panorama import View, bounds_of, outline_on_table
from sorter.geometry import centres_from_xyxy, servo_from_pixel, table_from_servo
from sorter.types import ArmGeometry, ArmLimits, ImageSize
from storage.records import Document, ImageState
from storage.views import ReadImage

ARC_POINTS = 24

Points = list[list[float]]
"""Places on the table, x and y, as :mod:`api.panorama` counts them."""


def table_document(
    images: Sequence[ReadImage], geometry: ArmGeometry, limits: ArmLimits, plan: Document | None
) -> dict[str, Any] | None:
    """Return where everything lies; ``None`` where there is no picture to measure in.

    So it is where those that could be read are of several sizes: they have no frame in common, and
    such a session gets no plan.
    """
    shown = [read for read in images if read.image.state is ImageState.DETECTED]
    sizes = {read.image.size for read in shown or images}
    if len(sizes) != 1:
        return None
    size = sizes.pop()
    if geometry.radius_px <= size.height_px / 2:  # the base would lie inside the pictures
        return None
    taken_at_pw = {read.image.image_id: read.image.position_pw for read in images}
    return {
        "panorama": _panorama_bounds(shown, geometry),
        "outlines": [
            {
                "state": read.image.state.value,
                "points": _points(outline_on_table(read.image.position_pw, size, geometry)),
            }
            for read in images
        ],
        "reach": _points(reach_outline(size, geometry, limits)),
        "items": _things(plan, "items", taken_at_pw, size, geometry),
        "containers": _things(plan, "containers", taken_at_pw, size, geometry),
    }


def detections_document(read: ReadImage, geometry: ArmGeometry) -> list[dict[str, Any]]:
    """Return what was found in a picture: label, score, box, and the place on the table."""
    if read.detections is None:
        return []
    boxes = read.detections.xyxy_px
    places: list[Any] = [None] * len(boxes)
    if len(boxes) and geometry.radius_px > read.image.size.height_px / 2:
        centres = centres_from_xyxy(boxes)
        places = _on_table(centres, read.image.position_pw, read.image.size, geometry)
    return [
        {"label": label, "score": round(score, 4), "box": [round(v, 1) for v in box], "at": at}
        for label, score, box, at in zip(
            read.detections.labels.tolist(),
            read.detections.scores.tolist(),
            boxes.tolist(),
            places,
            strict=True,
        )
    ]


def reach_outline(size: ImageSize, geometry: ArmGeometry, limits: ArmLimits) -> NDArray[np.float64]:
    """Return the outline of what the arm may be sent to, ``(2 * ARC_POINTS, 2)``."""
    there = np.linspace(limits.servo0_min_pw, limits.servo0_max_pw, ARC_POINTS)
    far = np.column_stack([there, np.full(ARC_POINTS, limits.servo1_max_pw)])
    near = np.column_stack([there[::-1], np.full(ARC_POINTS, limits.servo1_min_pw)])
    return table_from_servo(np.concatenate([far, near]), size, geometry)


def _panorama_bounds(shown: Sequence[ReadImage], geometry: ArmGeometry) -> list[float] | None:
    """Return what the panorama shows: left, near, right and far; ``None`` without pictures."""
    if not shown:
        return None
    views = [View(read.image.position_pw, read.image.size, lambda: b"") for read in shown]
    bounds = bounds_of(views, geometry)
    return [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]


def _things(
    plan: Document | None,
    kind: str,
    taken_at_pw: Mapping[str, float],
    size: ImageSize,
    geometry: ArmGeometry,
) -> list[dict[str, Any]]:
    """Return each thing's place, and the corners of the box that shows it best."""
    things = [] if plan is None else plan.get(kind, [])
    placed = []
    for thing in things:
        position, crop = thing.get("position"), thing.get("crop")
        if position is None or crop is None or crop["image_id"] not in taken_at_pw:
            continue
        x_min, y_min, x_max, y_max = crop["xyxy_px"]
        corners = [[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]]
        servo = [[position["servo0_pw"], position["servo1_pw"]]]
        placed.append(
            {
                "at": _points(table_from_servo(servo, size, geometry))[0],
                "corners": _on_table(corners, taken_at_pw[crop["image_id"]], size, geometry),
            }
        )
    return placed


def _on_table(
    points: ArrayLike, position_pw: float, size: ImageSize, geometry: ArmGeometry
) -> Points:
    servo = servo_from_pixel(points, position_pw, size, geometry)
    return _points(table_from_servo(servo, size, geometry))


def _points(table_px: NDArray[np.float64]) -> Points:
    return [[round(x, 1), round(y, 1)] for x, y in table_px.tolist()]
