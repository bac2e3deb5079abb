"""Training drawn: losses and scores over steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure


def save_curves(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw every number of ``history`` over its ``step``: losses above, scores below."""
    names = [name for name in (history[-1] if history else {}) if name != "step"]
    losses = [name for name in names if name.startswith("loss")]
    figure = Figure(figsize=(8, 8), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, drawn in ((upper, losses), (lower, [n for n in names if n not in losses])):
        for name in drawn:
            rows = [row for row in history if name in row]
            axes.plot([r["step"] for r in rows], [r[name] for r in rows], label=name, marker=".")
        axes.grid(alpha=0.3)
        if drawn:
            axes.legend()
    upper.set_ylabel("loss")
    upper.set_yscale("log")
    lower.set_ylabel("score")
    lower.set_xlabel("step")
    figure.savefig(path, dpi=100)
