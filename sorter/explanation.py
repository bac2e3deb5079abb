"""How a plan came about, for people to look at: what was merged, how near, and who is like whom.

It is worked out from the plan afterwards and changes nothing of it. Robots never read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sorter.agreement import repeatability_of
from sorter.detection import shorter_sides
from sorter.embedding import normalise_embeddings
from sorter.sightings import Sightings, locate
from sorter.types import Arm, Container, Crop, FloatArray, Item, Photograph, Plan

VERSION = 1
DECIMALS = 3
"""Of the document's pixels: a thousandth of one."""


def explain_plan(
    arm: Arm,
    photographs: Sequence[Photograph],
    plan: Plan,
    looks: Mapping[Crop, FloatArray],
) -> dict[str, Any]:
    """Write down how a plan came about, as plain JSON values.

    Each thing's sightings lie on the table, in its order: ``apart_px`` is how far a sighting lies
    from the one that shows the thing best, and ``gate_px`` how far it might, as
    :func:`sorter.agreement.near_pairs` says. A sighting that the picture's edge cuts was not
    merged by that distance, but because the whole thing's box explains it.

    ``unlike`` is how much an item's look differs from the mean of its cluster, from 0 to 2: 1 less
    the cosine. It is ``None`` for an item without a command, or whose look is unknown.

    Args:
        arm: As for the plan. So ``photographs``.
        looks: What the embedder said of each crop that it was asked about.
    """
    document: dict[str, Any] = {
        "version": VERSION,
        "repeatability_px": _number(repeatability_of(arm)),
        "items": [],
        "containers": [],
    }
    if not photographs:
        return document
    found = locate(photographs, arm.geometry)
    rows = zip(found.image.tolist(), found.row.tolist(), strict=True)
    numbers = {(found.image_ids[image], row): n for n, (image, row) in enumerate(rows)}
    unlike = _unlike(plan, looks)
    document["items"] = [
        {"sightings": _sightings(item, found, numbers, repeatability_of(arm)), "unlike": unlike[n]}
        for n, item in enumerate(plan.items)
    ]
    document["containers"] = [
        {"sightings": _sightings(container, found, numbers, repeatability_of(arm))}
        for container in plan.containers
    ]
    return document


def _sightings(
    thing: Item | Container,
    found: Sightings,
    numbers: Mapping[tuple[str, int], int],
    repeatability_px: float,
) -> list[dict[str, Any]]:
    own = found.take(np.array([numbers[sighting] for sighting in thing.sightings], np.intp))
    best = _shown(own, thing.crop)
    apart_px = np.hypot(*(own.table_px - own.table_px[best]).T)
    sides_px = shorter_sides(own.xyxy_px)
    gate_px = repeatability_px + np.minimum(sides_px, sides_px[best]) / 2
    return [
        {
            "image_id": image_id,
            "row": row,
            "table_px": [_number(value) for value in own.table_px[n]],
            "is_cut": bool(own.is_cut[n]),
            "is_best": n == best,
            "apart_px": _number(apart_px[n]),
            "gate_px": _number(gate_px[n]),
        }
        for n, (image_id, row) in enumerate(thing.sightings)
    ]


def _shown(own: Sightings, crop: Crop) -> int:
    """Return which of a thing's sightings its crop is."""
    boxes = own.xyxy_px.astype(np.float64)
    is_shown = (boxes == np.array(crop.xyxy_px)).all(axis=1)
    ids = np.array([own.image_ids[image] == crop.image_id for image in own.image])
    return int(np.argmax(is_shown & ids))


def _unlike(plan: Plan, looks: Mapping[Crop, FloatArray]) -> list[float | None]:
    """Return for each item how unlike its crop is to the mean crop of its cluster's items."""
    members: dict[int, list[int]] = {}
    for command in plan.commands:
        if plan.items[command.item].crop in looks:
            members.setdefault(command.cluster, []).append(command.item)
    unlike: list[float | None] = [None] * len(plan.items)
    for items in members.values():
        vectors = np.array([looks[plan.items[item].crop] for item in items])
        for item, value in zip(items, _from_mean(vectors), strict=True):
            unlike[item] = _number(value)
    return unlike


def _from_mean(vectors: NDArray[np.floating]) -> list[float]:
    seen = normalise_embeddings(vectors, len(vectors))
    mean = normalise_embeddings(seen.mean(axis=0)[None], 1)[0]
    return [float(value) for value in 1 - seen @ mean]


def _number(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0
