"""Every scenario, by name, in the order in which they run; one module each."""

from __future__ import annotations

from cli.faults.scenario import Scenario
from cli.faults.scenarios import (
    r02_gpu_worker_killed,
    r03_others_killed,
    r08_stubborn_robot,
)

SCENARIOS: tuple[Scenario, ...] = (
    r02_gpu_worker_killed.SCENARIO,
    r03_others_killed.SCENARIO,
    r08_stubborn_robot.SCENARIO,
)
