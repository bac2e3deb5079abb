"""Every scenario, by name, in the order in which they run; one module each."""

from __future__ import annotations

from cli.faults.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = ()
