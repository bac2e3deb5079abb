"""The rules of the system that this one supersedes, as the line to beat.

Written from the facts in docs/interfaces/sorterbot.md, defects included. Where they leave a
choice open, this takes one that is not to the original's disadvantage:

- detections come in the order of their photographs, in each by falling score;
- the first sighting that is in no thing yet takes in every later one near it, and lends its crop;
- K-Means is seeded and has ten starts, where the original had chance decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from benchmarks.seen_scene import crops_of
from benchmarks.truth import Sighting
from sorter.ports import CropEmbedder
from sorter.types import ArmGeometry, Crop, ImageSize, Label, Photograph, ServoPosition

LEAST_SCORE = 0.5
NEAR_PW = 150.0
"""Two sightings that lie closer on both servos are taken for one thing."""

N_STARTS = 10


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """One detection with its place in the arm's frame."""

    label: Label
    place: ServoPosition
    crop: Crop
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class OriginalThing:
    """What is taken for one thing: the mean place of its sightings, the crop of the first."""

    position: ServoPosition
    crop: Crop
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class OriginalPlan:
    """What the rules come to.

    Attributes:
        moves: Numbers of an item and of its container, in the order of execution.
        failure: Why there are no moves, where K-Means failed.
    """

    items: tuple[OriginalThing, ...]
    containers: tuple[OriginalThing, ...]
    moves: tuple[tuple[int, int], ...] = field(default=())
    failure: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the commands as a virtual arm reads them."""
        return {
            "commands": [
                {
                    "order": order,
                    "pick": _position(self.items[item].position),
                    "drop": _position(self.containers[container].position),
                }
                for order, (item, container) in enumerate(self.moves)
            ]
        }


def sort_as_original(
    geometry: ArmGeometry, photographs: Sequence[Photograph], embedder: CropEmbedder, seed: int
) -> OriginalPlan:
    """Plan by the original's rules.

    There are as many clusters as containers, and cluster i goes to container i. Containers
    beyond the number of items would be dropped, but K-Means fails before. What already lies in
    a container is sorted again.

    Args:
        photographs: In the order in which they were taken.
        seed: Of K-Means.
    """
    boxes = [box for photograph in photographs for box in place_boxes(photograph, geometry)]
    items = join_near([box for box in boxes if box.label == Label.ITEM])
    containers = join_near([box for box in boxes if box.label == Label.CONTAINER])
    if not 1 <= len(containers) <= len(items):
        failure = f"{len(containers)} clusters of {len(items)} items"
        return OriginalPlan(items, containers, failure=failure)
    embeddings = embedder.embed_crops([item.crop for item in items])
    means = KMeans(n_clusters=len(containers), n_init=N_STARTS, random_state=seed)
    with threadpool_limits(limits=1):
        clusters = means.fit_predict(np.asarray(embeddings, np.float64))
    return OriginalPlan(items, containers, tuple(enumerate(clusters.tolist())))


def place_boxes(photograph: Photograph, geometry: ArmGeometry) -> list[PlacedBox]:
    """Return the detections that score enough, each with the place of its truncated centre."""
    found = photograph.detections
    return [
        PlacedBox(
            Label(int(found.labels[row])),
            place_box(crop.xyxy_px, photograph.position_pw, photograph.size, geometry),
            crop,
            (photograph.image_id, row),
        )
        for row, crop in enumerate(crops_of(photograph))
        if found.scores[row] >= LEAST_SCORE
    ]


def place_box(
    xyxy_px: tuple[float, float, float, float],
    position_pw: float,
    size: ImageSize,
    geometry: ArmGeometry,
) -> ServoPosition:
    """Return where a box lies in the arm's frame, its centre truncated to whole pixels."""
    x, y = int((xyxy_px[0] + xyxy_px[2]) / 2), int((xyxy_px[1] + xyxy_px[3]) / 2)
    aside, ahead = abs(size.width_px / 2 - x), size.height_px / 2 - y + geometry.radius_px
    turn_pw = (
        geometry.rotation_range_pw
        * math.degrees(math.atan(aside / ahead))
        / geometry.rotation_range_deg
    )
    beyond_px = math.hypot(aside, ahead) - (geometry.radius_px - size.height_px / 2)
    reach_pw = (geometry.dist_max_pw - geometry.dist_min_pw) * beyond_px / size.height_px
    return ServoPosition(
        position_pw - turn_pw if x > size.width_px / 2 else position_pw + turn_pw,
        reach_pw + geometry.dist_min_pw,
    )


def join_near(boxes: Sequence[PlacedBox]) -> tuple[OriginalThing, ...]:
    """Take boxes that lie near each other for one thing, whatever pictures they are from.

    The outcome depends on the order. Boxes at the very same place are not joined.
    """
    left, things = list(boxes), []
    while left:
        first = left[0]
        near = [first, *(box for box in left[1:] if _are_near(first.place, box.place))]
        left = [box for box in left if box not in near]
        mean = np.mean([(box.place.servo0_pw, box.place.servo1_pw) for box in near], axis=0)
        sightings = tuple(box.sighting for box in near)
        things.append(OriginalThing(ServoPosition(*mean.tolist()), first.crop, sightings))
    return tuple(things)


def _are_near(one: ServoPosition, other: ServoPosition) -> bool:
    return one != other and (
        abs(one.servo0_pw - other.servo0_pw) < NEAR_PW
        and abs(one.servo1_pw - other.servo1_pw) < NEAR_PW
    )


def _position(position: ServoPosition) -> dict[str, float]:
    return {"servo0_pw": position.servo0_pw, "servo1_pw": position.servo1_pw}
