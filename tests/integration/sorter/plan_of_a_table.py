"""Writes the plans of one crowded table; run in processes of their own, to compare them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sorter.commands import plan_document
from sorter.pipeline import sort_session
from sorter.types import Arm, Clustering, Crop, Detections, FloatArray, Photograph
from tests.unit.sorter.tables import PhotographedTable, Thing, make_container, scattered


class LargeEmbeddings:
    """Shows a crop's kind in 512 numbers that are never quite the same for two crops."""

    def __init__(self, table: PhotographedTable) -> None:
        self._table = table

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        """Return ``(n, 512)``: a direction a kind, and noise that a crop's box decides."""
        kinds = self._table.embed_crops(crops).argmax(axis=1)
        directions = np.random.default_rng(0).normal(size=(8, 512))
        own = [
            np.random.default_rng([int(side * 100) for side in crop.xyxy_px]).normal(size=512)
            for crop in crops
        ]
        return np.asarray(directions[kinds] + np.array(own), np.float32)


def make_table() -> PhotographedTable:
    """Return a table of some 40 items, every third touching another, and full containers."""
    free = scattered(30, seed=5)
    touching = [replace(one, x=one.x + 55, y=one.y + 20, kind=one.kind + 1) for one in free[::3]]
    containers = [make_container(x, y) for x, y in ((-600, 1300), (650, 1350), (0, 1800))]
    inside = [
        Thing(container.x + step, container.y, 60, 60, kind=kind)
        for kind, container in enumerate(containers)
        for step in (-60, 60)
    ]
    return PhotographedTable([*free, *touching, *inside, *containers], noise_px=8)


def shuffled(photographs: Sequence[Photograph], seed: int) -> list[Photograph]:
    """Return the photographs in another order, their detections too; seed 0 leaves all as is."""
    if not seed:
        return list(photographs)
    rng = np.random.default_rng(seed)
    mixed = []
    for number in rng.permutation(len(photographs)).tolist():
        found = photographs[number].detections
        rows = rng.permutation(len(found))
        detections = Detections(found.xyxy_px[rows], found.labels[rows], found.scores[rows])
        mixed.append(replace(photographs[number], detections=detections))
    return mixed


def plan_text(way: Clustering, seed: int) -> str:
    """Return the plan as JSON, each sighting named by its box, since rows are shuffled."""
    table = make_table()
    photographs = shuffled(table.photographs, seed)
    plan = sort_session(Arm("arm-1"), photographs, LargeEmbeddings(table), clustering=way)
    document = plan_document(plan, {})
    boxes = {photo.image_id: photo.detections.xyxy_px.tolist() for photo in photographs}
    for thing in (*document["items"], *document["containers"]):
        named = [(image_id, boxes[image_id][row]) for image_id, row in thing["sightings"]]
        thing["sightings"] = sorted(named)
    return json.dumps(document)


def plan_texts(seed: int) -> dict[str, str]:
    """Return the plan of each way of clustering, by its name."""
    return {str(way): plan_text(way, seed) for way in Clustering}


if __name__ == "__main__":
    json.dump(plan_texts(int(sys.argv[1])), sys.stdout)
