"""Pass after pass over one table, until nothing more can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from robot.arm import POSITIONS_PW, VirtualArm
from robot.judge import Score, judge
from robot.leftovers import Leftover, explain_leftovers
from robot.session import SessionReport
from sorter.geometry import travel_pw

MAX_PASSES = 8
"""A table that is not clear by then will not be."""

SHIFT_PW = 100.0
"""Every other pass photographs half a step aside, so that things are seen another way."""

SERVO_PW_PER_S = 700.0
"""How fast a servo turns. Source: the original's facts, docs/interfaces/http.md."""

PHOTOGRAPH_S = 1.0
"""How long the arm stands still for a picture: an assumption, for the original states none."""

HOME_SERVO0_PW = 1500.0

RunPass = Callable[[Sequence[float]], SessionReport]
"""Photographs a table from some positions, has it sorted, and carries the plan out."""


@dataclass(frozen=True, slots=True, eq=False)
class Clearing:
    """What all passes over one table came to.

    Attributes:
        passes: One at least; the last of several found nothing more to do, or changed nothing.
        wall_s: How long it truly took: drawing, looking, deciding.
        left: The items that are not in their kind's container, and why.
    """

    passes: tuple[SessionReport, ...]
    wall_s: float
    left: tuple[Leftover, ...]

    @property
    def first_score(self) -> Score:
        """Return how well the table was sorted after the first pass."""
        return self.passes[0].score

    @property
    def score(self) -> Score:
        """Return how well the table was sorted in the end, every pick counted."""
        grips = [deed.grip for report in self.passes for deed in report.deeds]
        return judge(self.passes[-1].placements, grips)

    @property
    def arm_s(self) -> float:
        """Return how long a real arm would have moved and photographed, without waiting."""
        return sum(arm_seconds(report) for report in self.passes)


def clear_table(
    arm: VirtualArm,
    run_pass: RunPass,
    now_s: Callable[[], float],
    *,
    positions_pw: Sequence[float] = POSITIONS_PW,
    max_passes: int = MAX_PASSES,
) -> Clearing:
    """Sort a table again and again.

    Ends where a plan commands nothing, where two passes in a row moved nothing, or after
    ``max_passes``. An item that came to rest beside its container is picked again; one that lies
    in a wrong container stays there, for whatever lies in a container counts as sorted.
    """
    began_s = now_s()
    passes: list[SessionReport] = []
    n_idle = 0
    while len(passes) < max_passes and n_idle < 2:
        shift_pw = SHIFT_PW * (len(passes) % 2)
        passes.append(run_pass([position_pw - shift_pw for position_pw in positions_pw]))
        if not passes[-1].deeds:
            break
        is_idle = all(deed.item is None for deed in passes[-1].deeds)
        n_idle = n_idle + 1 if is_idle else 0
    return Clearing(tuple(passes), now_s() - began_s, explain_leftovers(arm, passes))


def arm_seconds(report: SessionReport) -> float:
    """Return how long a real arm would have taken over one pass.

    Servos turn from home to each picture's place and back, then from command to command, at
    :data:`SERVO_PW_PER_S`, the slower servo counted; each picture takes :data:`PHOTOGRAPH_S`.
    """
    stops = np.array([HOME_SERVO0_PW, *report.pictures, HOME_SERVO0_PW])[:, None]
    photographing_pw = float(travel_pw(stops[:-1], stops[1:]).sum())
    carrying_pw = float(report.plan.get("travel_pw", 0.0))
    turning_s = (photographing_pw + carrying_pw) / SERVO_PW_PER_S
    return turning_s + PHOTOGRAPH_S * len(report.pictures)
