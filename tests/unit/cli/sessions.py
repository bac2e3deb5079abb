"""Finished sessions of a small table, made without gateway and without networks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from cli.tables import TableSettings
from robot.arm import VirtualArm
from robot.camera import photograph
from robot.session import SessionReport
from robot.table import Scene
from robot.table_layout import CAMERA
from robot.view import View
from sorter.commands import plan_document
from sorter.pipeline import sort_session
from sorter.types import Crop, Detections, FloatArray, Photograph

TABLES = TableSettings(
    seed=20, n_items=4, n_kinds=2, n_containers=2, n_contained=1, touching=0, covered=0
)
POSITION_PW = 1400.0


class KindEmbedder:
    """Embeds each crop as the number of the kind that it truly shows."""

    def __init__(self, kinds_by_box: dict[tuple[float, ...], int]) -> None:
        self._kinds_by_box = kinds_by_box

    def embed_crops(self, crops: list[Crop]) -> FloatArray:
        numbers = [self._kinds_by_box[crop.xyxy_px] for crop in crops]
        return np.eye(8, dtype=np.float32)[numbers]


@cache
def finished_session(*, misses: bool = False) -> SessionReport:
    """Return a session that ended with every item right, or with every pick gone aside."""
    finished = (_session_at(number, misses=False) for number in _tables_in_view())
    number = next(number for number, one in finished if one.score.items_right == TABLES.n_items)
    return _session_at(number, misses=misses)[1]


@cache
def _session_at(number: int, *, misses: bool) -> tuple[int, SessionReport]:
    """Photograph once, plan from the truth, and carry out; ``misses`` moves every pick aside."""
    arm = TABLES.stand_at(number, "ARM001")
    before = arm.scene
    photo = photograph(before, POSITION_PW)
    scores = np.full(len(photo.labels), 0.9, np.float32)
    detections = Detections(photo.xyxy_px, photo.labels, scores)
    kinds = sorted({item.kind for item in before.items})
    kinds_by_box = {
        tuple(map(float, box)): kinds.index(before.items[number].kind)
        for box, label, number in zip(photo.xyxy_px, photo.labels, photo.indices, strict=True)
        if label == 0
    }
    photographs = [Photograph("image-0", POSITION_PW, CAMERA, detections)]
    plan = sort_session(arm.arm, photographs, KindEmbedder(kinds_by_box))
    document = {"state": "done", **plan_document(plan, {"detector": "d", "embedder": "e"})}
    return number, _carried_out(arm, _moved_aside(document) if misses else document)


def _tables_in_view() -> Iterator[int]:
    return (number for number in range(1000) if _is_all_in_view(TABLES.lay(number)))


def _is_all_in_view(scene: Scene) -> bool:
    """Whether everything on a table appears whole in the one photograph."""
    things = (*scene.items, *scene.containers)
    centres = View(POSITION_PW, CAMERA).project([thing.centre_xy_px for thing in things])
    radii = np.array([[thing.radius_px] for thing in things])
    corner = (CAMERA.width_px, CAMERA.height_px)
    return bool(np.all((centres > radii) & (centres < corner - radii)))


def _moved_aside(plan: dict[str, Any]) -> dict[str, Any]:
    aside = [
        {**command, "pick": {**command["pick"], "servo1_pw": 1101.0}}
        for command in plan["commands"]
    ]
    return {**plan, "commands": aside}


def _carried_out(arm: VirtualArm, plan: dict[str, Any]) -> SessionReport:
    before = arm.scene
    pictures = {POSITION_PW: arm.photograph(POSITION_PW)}
    deeds = tuple(arm.carry_out(plan))
    placements = tuple(arm.load_placements())
    return SessionReport(
        "s1", plan, pictures, {"image-0": POSITION_PW}, before, arm.scene, deeds, placements
    )
