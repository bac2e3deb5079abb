"""What a run of the suite came to, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.faults.findings import Finding, Harm, Recovery


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What one scenario came to.

    Attributes:
        attempted: Different pictures that robots set out to post.
        accepted: Those that the gateway said it has kept.
        recoveries: Where it was measured how long a fault lasted.
        seconds: How long it took, its checks included.
        figures: What else was measured, as JSON has it.
    """

    name: str
    title: str
    attempted: int
    accepted: int
    findings: tuple[Finding, ...]
    recoveries: tuple[Recovery, ...]
    seconds: float
    figures: Mapping[str, Any] = field(default_factory=dict)

    def count(self, harm: Harm) -> int:
        """Return how many findings are of that kind."""
        return sum(finding.harm is harm for finding in self.findings)

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        return not self.findings

    def document(self) -> dict[str, Any]:
        """Return the result as JSON has it."""
        return {
            "name": self.name,
            "title": self.title,
            **_counts([self]),
            "seconds": round(self.seconds, 2),
            "recoveries": [
                {"what": one.what, "seconds": round(one.seconds, 3)} for one in self.recoveries
            ],
            "figures": dict(self.figures),
            "findings": [
                {"harm": str(one.harm), "session_id": one.session_id, "sentence": one.sentence}
                for one in self.findings
            ],
        }


def run_document(results: Sequence[ScenarioResult]) -> dict[str, Any]:
    """Return the totals of a run and, under ``scenarios``, each scenario's own."""
    return {
        **_counts(results),
        "seconds": round(sum(result.seconds for result in results), 2),
        "scenarios": [result.document() for result in results],
    }


def _counts(results: Sequence[ScenarioResult]) -> dict[str, Any]:
    recoveries_s = [one.seconds for result in results for one in result.recoveries]
    return {
        "attempted": sum(result.attempted for result in results),
        "accepted": sum(result.accepted for result in results),
        **{harm.value: sum(result.count(harm) for result in results) for harm in Harm},
        "recovered": len(recoveries_s),
        "slowest_recovery_s": round(max(recoveries_s), 3) if recoveries_s else None,
    }
