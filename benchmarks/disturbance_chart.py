"""Quality over each disturbance, a panel each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.disturbance_curves import CURVES, MOST_COST, Curve, Point, cost, point_key

RIGHT_RGB = "#0b7a75"
CALIBRATED_RGB = "#5fb49c"
HIT_RGB = "#8d99ae"
FLAGGED_RGB = "#e08e45"
INK_RGB = "#2b2d42"
GRID_RGB = "#e3e5ec"
N_COLUMNS = 4


def save_chart(points: Mapping[str, Point], file: Path) -> None:
    """Draw every curve that was measured, by its points' keys."""
    figure = Figure(figsize=(15.5, 7.6), layout="constrained", facecolor="white")
    panels = figure.subplots(-(-len(CURVES) // N_COLUMNS), N_COLUMNS, sharey=True).ravel()
    for axes, curve in zip(panels, CURVES, strict=False):
        _draw_curve(axes, curve, points)
    n_tables = len(points["none=0"].scores)
    figure.suptitle(
        f"What disturbances cost, {n_tables} tables a point; dotted: the limit, shaded: 5 points",
        color=INK_RGB, fontsize=15, fontweight="bold",
    )  # fmt: skip
    handles = {label: handle for axes in panels for handle, label in zip(
        *axes.get_legend_handles_labels(), strict=True
    )}  # fmt: skip
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4,
                  frameon=False, fontsize=11)  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=100)


# matplotlib publishes no types, hence Any.
def _draw_curve(axes: Any, curve: Curve, points: Mapping[str, Point]) -> None:
    none = points["none=0"]
    axes.axhspan(100 * (none.right_rate - MOST_COST), 100 * none.right_rate, color="#eef4f3")
    plain = _along(curve, points, is_calibrated=False)
    x = [at * curve.scale for at, _ in plain]
    flagged = [100 * point.flagged for _, point in plain]
    hits = [100 * point.hit_rate for _, point in plain]
    axes.plot(x, flagged, "--", marker=".", color=FLAGGED_RGB, label="sessions flagged")
    axes.plot(x, hits, marker=".", color=HIT_RGB, label="picks that hit")
    _draw_right(axes, curve, plain, none, RIGHT_RGB, "items right")
    calibrated = _along(curve, points, is_calibrated=True)
    if len(calibrated) > 1:
        _draw_right(axes, curve, calibrated, none, CALIBRATED_RGB, "items right, arm calibrated")
    axes.axvline(curve.limit * curve.scale, color=INK_RGB, linewidth=1, linestyle=":")
    axes.set_title(curve.title, color=INK_RGB, fontsize=11, loc="left")
    axes.set(ylim=(-2, 103), axisbelow=True)
    axes.set_xticks(x, [f"{tick:g}" for tick in x])
    if curve.values[-1] < curve.none:
        axes.invert_xaxis()
    axes.grid(color=GRID_RGB, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.set_major_formatter("{x:g} %")


def _draw_right(
    axes: Any,
    curve: Curve,
    along: list[tuple[float, Point]],
    none: Point,
    colour: str,
    label: str,
) -> None:
    """Draw the items right with two standard errors of the loss either way."""
    x = [at * curve.scale for at, _ in along]
    right = [100 * point.right_rate for _, point in along]
    spread = [200 * cost(point, none)[1] for _, point in along]
    axes.errorbar(x, right, yerr=spread, marker="o", markersize=5, linewidth=2, capsize=3,
                  color=colour, label=label)  # fmt: skip


def _along(
    curve: Curve, points: Mapping[str, Point], *, is_calibrated: bool
) -> list[tuple[float, Point]]:
    """Return a curve's points that were measured, the undisturbed one first."""
    first = points.get(point_key("none", 0, is_calibrated=is_calibrated), points["none=0"])
    keys = [(v, point_key(curve.name, v, is_calibrated=is_calibrated)) for v in curve.values]
    return [(curve.none, first), *((value, points[key]) for value, key in keys if key in points)]
