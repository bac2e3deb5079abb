"""Sorts virtual tables in this process: no gateway or queue, the same networks and decisions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cli.tables import TableSettings
from robot.arm import POSITIONS_PW, VirtualArm
from robot.judge import Score, judge
from sorter.commands import plan_document
from sorter.pipeline import sort_session
from sorter.types import Arm, ImageSize, Photograph
from vision.decode import decode_rgb
from vision.ports import Detector, Embedder
from workers.crops import StoredCropEmbedder


@dataclass(frozen=True, slots=True)
class Networks:
    """What looks at the pictures."""

    detector: Detector
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class SceneRow:
    """What became of one table.

    Attributes:
        seed: ``sorterbot demo --seed`` shows the same table.
        found_items: Items of the plan, those included that lie in containers.
        set_aside: Why items of the plan got no command.
        seconds: Of photographing, looking, planning and carrying out.
    """

    seed: int
    kinds: tuple[str, ...]
    containers: int
    score: Score
    found_items: int
    found_containers: int
    set_aside: tuple[str, ...]
    seconds: float

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object, the score's numbers beside the others."""
        fields = asdict(self)
        return {**fields.pop("score"), **fields}


def sort_table(
    tables: TableSettings,
    number: int,
    networks: Networks,
    positions_pw: Sequence[float] = POSITIONS_PW,
) -> SceneRow:
    """Lay a table, photograph it, sort it, carry the plan out, and judge."""
    began_s = time.monotonic()
    arm = tables.stand_at(number, f"SCENE{number:04}")
    pictures = {position_pw: arm.photograph(position_pw) for position_pw in positions_pw}
    plan = plan_for(arm.arm, pictures, networks)
    deeds = list(arm.carry_out(plan))
    return SceneRow(
        seed=tables.seed + number,
        kinds=_kinds_of(arm),
        containers=len(arm.scene.containers),
        score=judge(arm.load_placements(), [deed.grip for deed in deeds]),
        found_items=len(plan["items"]),
        found_containers=len(plan["containers"]),
        set_aside=tuple(aside["reason"] for aside in plan["set_aside"]),
        seconds=round(time.monotonic() - began_s, 3),
    )


def plan_for(arm: Arm, pictures: Mapping[float, bytes], networks: Networks) -> dict[str, Any]:
    """Return the plan document that the workers would make of these pictures.

    Args:
        pictures: JPEG or PNG bytes, by the position that each was taken at.
    """
    data = {f"{position_pw:g}": bytes_ for position_pw, bytes_ in pictures.items()}
    photographs = []
    for position_pw in pictures:
        image_id = f"{position_pw:g}"
        rgb = decode_rgb(data[image_id])
        size = ImageSize(rgb.shape[1], rgb.shape[0])
        (detections,) = networks.detector.detect([rgb])
        photographs.append(Photograph(image_id, position_pw, size, detections))
    keys = {image_id: image_id for image_id in data}
    crops = StoredCropEmbedder(keys, data.__getitem__, networks.embedder)
    models = {"detector": networks.detector.version, "embedder": networks.embedder.version}
    return plan_document(sort_session(arm, photographs, crops), models)


def _kinds_of(arm: VirtualArm) -> tuple[str, ...]:
    return tuple(sorted({item.kind for item in arm.scene.items}))
