"""Pairs drawn: each table a dot, the original's rules to the right, ours upwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.paired_scene import PairedRow
from benchmarks.paired_summary import MEASURES, Measure, Pair, compare, pairs_of

OURS_RGB = "#0b7a75"
ORIGINAL_RGB = "#c8553d"
ALIKE_RGB = "#8d99ae"
INK_RGB = "#2b2d42"
GRID_RGB = "#e3e5ec"
DOT_AREA = 30.0
"""Of a dot for one table, square points; several tables at one place share a larger one."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """One measure drawn; ``scale`` turns its unit into that of the title."""

    title: str
    measure: str
    scale: float
    decimals: int


_PANELS = (
    _Panel("Merge errors", "merge errors a table", 1.0, 0),
    _Panel("Items right, %", "items right", 100.0, 1),
    _Panel("Travel an item moved, s", "travel an item moved, s", 1.0, 2),
)


def save_chart(rows: Sequence[PairedRow], file: Path) -> None:
    """Draw merge errors, right items and travel of every table, ours against the original's."""
    measures = {measure.name: measure for measure in MEASURES}
    figure = Figure(figsize=(13.5, 5.4), layout="constrained", facecolor="white")
    for axes, panel in zip(figure.subplots(1, len(_PANELS)), _PANELS, strict=True):
        measure = measures[panel.measure]
        pairs = [
            (round(ours * panel.scale, panel.decimals), round(other * panel.scale, panel.decimals))
            for ours, other in pairs_of(rows, measure)
        ]
        _draw_pairs(axes, pairs, measure)
        caption = _caption(pairs, measure)
        axes.set_title(f"{panel.title}\n{caption}", color=INK_RGB, fontsize=11, loc="left")
    figure.suptitle(
        f"The same detections of {len(rows)} tables, sorted twice; each dot is a table",
        color=INK_RGB, fontsize=14, fontweight="bold",
    )  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


# matplotlib publishes no types, hence Any.
def _draw_pairs(axes: Any, pairs: Sequence[Pair], measure: Measure) -> None:
    low, high = _limits(pairs)
    _draw_sides(axes, low, high, measure)
    for (ours, other), n in sorted(Counter(pairs).items()):
        is_better = (ours < other) == measure.less_is_better
        colour = ALIKE_RGB if ours == other else OURS_RGB if is_better else ORIGINAL_RGB
        axes.scatter(
            other, ours, s=DOT_AREA * n, color=colour, alpha=0.75,
            edgecolors="white", linewidths=0.6, zorder=3,
        )  # fmt: skip
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", axisbelow=True)
    axes.set_xlabel("the original's rules", color=ORIGINAL_RGB, fontsize=11)
    axes.set_ylabel("ours", color=OURS_RGB, fontsize=11)
    axes.grid(color=GRID_RGB, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_sides(axes: Any, low: float, high: float, measure: Measure) -> None:
    """Shade the side of the diagonal on which ours is better, and say so along it."""
    line = np.array([low, high])
    edge = low if measure.less_is_better else high
    axes.fill_between(line, line, edge, color=OURS_RGB, alpha=0.07, linewidth=0)
    axes.plot(line, line, color=INK_RGB, linewidth=0.8, alpha=0.5)
    aside = -0.035 if measure.less_is_better else 0.035
    axes.text(
        0.75 - aside, 0.75 + aside, "ours is better on this side",
        transform=axes.transAxes, rotation=45, ha="center", va="center",
        color=OURS_RGB, fontsize=9, fontstyle="italic",
    )  # fmt: skip


def _limits(pairs: Sequence[Pair]) -> tuple[float, float]:
    values = np.array(pairs, float) if pairs else np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low or 1.0)
    return low - room, high + room


def _caption(pairs: Sequence[Pair], measure: Measure) -> str:
    one = compare("", pairs, measure.middle, less_is_better=measure.less_is_better)
    alike = one.tables - one.better - one.worse
    return f"better on {one.better}, alike on {alike}, worse on {one.worse}"
