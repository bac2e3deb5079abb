"""Virtual tables and what perfect networks would see of them, with nothing rendered."""

from __future__ import annotations

import numpy as np

from benchmarks.seen_scene import SeenScene
from cli.tables import TableSettings
from robot.arm import POSITIONS_PW
from robot.table import Scene
from robot.table_layout import CAMERA
from sorter.geometry import servo_from_table
from sorter.types import ArmGeometry
from tests.unit.benchmarks.scenes import make_seen

TABLES = TableSettings(
    6000, n_items=6, n_kinds=2, n_containers=2, touching=0.0, covered=0.0, most_clutter=0
)


def make_perfectly_seen(scene: Scene) -> SeenScene:
    """Return a box on every thing that a picture shows whole; alike items look the same."""
    kinds = sorted({item.kind for item in scene.items})
    looks = np.eye(len(kinds))[[kinds.index(item.kind) for item in scene.items]]
    items = [item.centre_xy_px for item in scene.items]
    containers = [container.centre_xy_px for container in scene.containers]
    return make_seen(_placed(items), _placed(containers), looks.tolist(), POSITIONS_PW)


def _placed(centres_px: list[tuple[float, float]]) -> list[tuple[float, float]]:
    servo_pw = servo_from_table(centres_px, CAMERA, ArmGeometry())
    return [(float(servo0), float(servo1)) for servo0, servo1 in servo_pw]
