"""Every scenario, by name, in the order in which they run; one module each."""

from __future__ import annotations

from cli.faults.scenario import Scenario
from cli.faults.scenarios import (
    r01_delivered_twice,
    r02_gpu_worker_killed,
    r03_others_killed,
    r04_poison_pictures,
    r05_broken_broker_lines,
    r06_emptied_redis,
    r07_absent_postgres,
    r08_stubborn_robot,
    r09_crash_points,
    r10_outlasted_timeout,
    r11_failing_image_store,
    r12_deaf_viewers,
    r13_two_releases,
    r14_soak,
    r15_unreliable_store,
)

SCENARIOS: tuple[Scenario, ...] = (
    r01_delivered_twice.SCENARIO,
    r02_gpu_worker_killed.SCENARIO,
    r03_others_killed.SCENARIO,
    r04_poison_pictures.SCENARIO,
    r05_broken_broker_lines.SCENARIO,
    r06_emptied_redis.SCENARIO,
    r07_absent_postgres.SCENARIO,
    r08_stubborn_robot.SCENARIO,
    r09_crash_points.SCENARIO,
    r10_outlasted_timeout.SCENARIO,
    r11_failing_image_store.SCENARIO,
    r12_deaf_viewers.SCENARIO,
    r13_two_releases.SCENARIO,
    r14_soak.SCENARIO,
    r15_unreliable_store.SCENARIO,
)
