"""The virtual arm: a camera over a virtual table, and a gripper that does what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot.bumping import bump
from robot.camera import encode_jpeg
from robot.disturbances import Disturbances, break_bytes
from robot.gripper import item_gripped
from robot.judge import Grip, Placement
from robot.table import Scene, Xy
from robot.table_layout import CAMERA
from robot.true_camera import photograph_truly
from sorter.geometry import table_from_servo
from sorter.types import Arm, ArmLimits, ServoPosition

POSITIONS_PW = (1800.0, 1600.0, 1400.0, 1200.0, 1000.0)
"""Where the arm photographs. Source: the original's robot, docs/interfaces/sorterbot.md."""

DROP_SCATTER_PX = 20.0
"""Standard deviation, each way, of where an item comes to rest around the commanded place.

A fifth of an item's usual length: let go over others, it slides off them.
Source: docs/adr/0008-virtual-gripper.md.
"""


@dataclass(frozen=True, slots=True)
class Deed:
    """What one command truly came to.

    Attributes:
        order: The command's number in the plan.
        item: The number of the item that was moved; ``None`` where the gripper came up empty.
        was_inside: Whether that item lay in a container when it was picked.
        landed_in: The number of the container in which it came to rest; ``None`` for none.
        note: Why, where it did not go as told.
    """

    order: int
    item: int | None
    was_inside: bool = False
    landed_in: int | None = None
    note: str | None = None

    @property
    def grip(self) -> Grip:
        """Return what the pick took hold of."""
        return Grip(has_item=self.item is not None, was_inside=self.was_inside)

    @property
    def outcome(self) -> dict[str, Any]:
        """Return what the robot tells the gateway."""
        result = "missed" if self.item is None else "dropped" if self.note else "picked"
        return {"command": self.order, "result": result, "note": self.note}


class VirtualArm:
    """One arm at one table.

    Attributes:
        scene: The table as it is now.
        arm: The arm as it registers at the gateway; a calibration may take its place.
        truth: The table's geometry; what the arm registers differs where it is disturbed.
    """

    def __init__(
        self,
        arm_id: str,
        scene: Scene,
        rng: np.random.Generator,
        disturbances: Disturbances | None = None,
        chance: np.random.Generator | None = None,
    ) -> None:
        """Stand an arm at a table.

        Args:
            rng: Of where dropped items come to rest.
            chance: Of the disturbances, which are drawn apart, so that they change nothing else.
        """
        self._disturbances = disturbances or Disturbances()
        self._chance = chance or np.random.default_rng(0)
        self.truth = self._disturbances.true_geometry(self._chance)
        believed = self._disturbances.registered_geometry(self._chance)
        self.arm = Arm(arm_id, believed, ArmLimits(), calibration_id="virtual")
        self.scene = scene
        self._at_start = scene
        self._rng = rng
        self._n_taken = 0
        self._n_sessions = 0

    def photographs(self, positions_pw: Sequence[float]) -> Iterator[tuple[float, bytes]]:
        """Photograph a session's positions; yield each with the picture, where one comes.

        What the disturbances say happens on the way: pictures go missing or arrive with broken
        bytes, and items are bumped between two of them.
        """
        n = len(positions_pw)
        lost = self._chance.permutation(n)
        missing = set(lost[: self._disturbances.missing].tolist())
        unreadable = set(lost[len(missing) :][: self._disturbances.unreadable].tolist())
        bumped_before = int(self._chance.integers(1, max(2, n)))
        self._n_sessions += 1
        for number, position_pw in enumerate(positions_pw):
            if number == bumped_before and self._n_sessions == 1:
                self.scene = bump(self.scene, self._disturbances.bumped, self._chance)
            if number in missing:
                self._n_taken += 1
                continue
            data = self.photograph(position_pw)
            yield position_pw, break_bytes(data) if number in unreadable else data

    def photograph(self, position_pw: float) -> bytes:
        """Return a JPEG of the table as it is now, taken with servo 0 sent to ``position_pw``."""
        self._n_taken += 1
        scene = self._as_lit()
        stopped_at_pw = position_pw + self._servo_error_pw()[0]
        rgb = photograph_truly(scene, stopped_at_pw, self.truth)
        return encode_jpeg(rgb, scene.optics.jpeg_quality)

    def carry_out(self, plan: Mapping[str, Any]) -> Iterator[Deed]:
        """Do what a plan document commands, in its order, and yield each deed when it is done."""
        for command in sorted(plan["commands"], key=lambda command: int(command["order"])):
            yield self._pick_and_place(
                int(command["order"]),
                ServoPosition(**command["pick"]),
                ServoPosition(**command["drop"]),
            )

    def load_placements(self) -> list[Placement]:
        """Return where every item truly is now, for the judge alone."""
        return [
            Placement(now.kind, now.contained_in, before.contained_in)
            for before, now in zip(self._at_start.items, self.scene.items, strict=True)
        ]

    def _pick_and_place(self, order: int, pick: ServoPosition, drop: ServoPosition) -> Deed:
        if not (self._can_reach(pick) and self._can_reach(drop)):
            return Deed(order, None, note="beyond the arm's limits")
        item = item_gripped(self.scene, self._place_reached(pick))
        if item is None:
            return Deed(order, None, note="nothing within the gripper's reach")
        was_inside = self.scene.items[item].contained_in is not None
        landed_in = self._let_go(item, self._place_reached(drop))
        note = "came to rest beside the container" if landed_in is None else None
        return Deed(order, item, was_inside, landed_in, note)

    def _can_reach(self, place: ServoPosition) -> bool:
        limits = self.arm.limits
        return (
            limits.servo0_min_pw <= place.servo0_pw <= limits.servo0_max_pw
            and limits.servo1_min_pw <= place.servo1_pw <= limits.servo1_max_pw
        )

    def _place_reached(self, servo: ServoPosition) -> Xy:
        """Return where the hand truly comes down when it is sent to a place."""
        pair = np.array([[servo.servo0_pw, servo.servo1_pw]]) + self._servo_error_pw()
        x, y = table_from_servo(pair, CAMERA, self.truth)[0]
        return float(x), float(y)

    def _servo_error_pw(self) -> NDArray[np.float64]:
        return self._chance.normal(0.0, self._disturbances.servo, 2)

    def _as_lit(self) -> Scene:
        """Return the table in the light that is left of it for the latest picture."""
        lamp = self._disturbances.lamp
        if not lamp or self._n_taken < lamp:
            return self.scene
        optics = self.scene.optics
        darker = replace(optics, exposure=optics.exposure * self._disturbances.light)
        return replace(self.scene, optics=darker)

    def _let_go(self, item: int, place: Xy) -> int | None:
        """Let an item come to rest near a place; return the container that it then lies in."""
        scatter = self._rng.normal(0.0, DROP_SCATTER_PX, 2)
        rest = (place[0] + float(scatter[0]), place[1] + float(scatter[1]))
        landed_in = self.scene.container_at(rest)
        self.scene = self.scene.with_item_at(item, rest, landed_in)
        return landed_in
