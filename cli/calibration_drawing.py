"""A calibration drawn: how far apart pictures place what they share, before and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cli.canvas import colour_of
from sorter.calibration import Calibration
from sorter.overlap import Overlap, deviations_px, placed_by
from sorter.types import ArmGeometry

MAGNIFIED = 10
"""The arrows' length over the true one: residuals are pixels, the table thousands of them."""


def save_drawing(
    overlap: Overlap, before: ArmGeometry, calibration: Calibration, path: Path
) -> None:
    """Draw every sighting's way to its thing's place, on the table and around one point.

    Args:
        overlap: As :func:`sorter.calibration.overlap_of` returns it.
        before: The geometry as it was stated.
    """
    figure = Figure(figsize=(13, 9), layout="constrained")
    axes = figure.subplots(2, 2, width_ratios=(2, 1), sharex="col", sharey="col")
    rows = (
        ("before", before, calibration.residual_before_px),
        ("after", calibration.geometry, calibration.residual_px),
    )
    limit_px = 0.0
    for (on_table, around), (word, geometry, residual_px) in zip(axes, rows, strict=True):
        places = placed_by(overlap.sightings, geometry).table_px
        away = deviations_px(places, overlap.thing)
        limit_px = limit_px or float(np.abs(away).max()) * 1.1
        colours = _colours(overlap)
        _draw_table(on_table, places, away, colours)
        on_table.set_title(f"{word}: {residual_px:.1f} px; ways drawn {MAGNIFIED} times as long")
        _draw_target(around, away, colours, limit_px)
    figure.suptitle(
        f"{calibration.calibration_id}: {overlap.n_things} things seen from several positions; "
        "a colour is a picture"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def _colours(overlap: Overlap) -> list[str]:
    """Return a colour a sighting, the same for all of one picture."""
    _, picture = np.unique(overlap.sightings.position_pw, return_inverse=True)
    shades = [
        tuple(part / 300 for part in colour_of(number)) for number in range(picture.max() + 1)
    ]
    return [to_hex((red, green, blue)) for red, green, blue in (shades[one] for one in picture)]


def _draw_table(
    axes: Axes, places: NDArray[np.float64], away: NDArray[np.float64], colours: list[str]
) -> None:
    means, ways = places - away, away * MAGNIFIED
    axes.quiver(
        *means.T, *ways.T, color=colours, angles="xy", scale_units="xy", scale=1, width=0.003
    )
    axes.plot(*means.T, "k.", markersize=3)
    axes.plot(*(means + ways).T, alpha=0)  # makes room for the arrows
    axes.plot(0, 0, "k^", markersize=8)
    axes.set_aspect("equal")
    axes.margins(0.08)
    axes.set_xlabel("table, px; the arm's base is the triangle")
    axes.grid(alpha=0.3)


def _draw_target(
    axes: Axes, away: NDArray[np.float64], colours: list[str], limit_px: float
) -> None:
    axes.scatter(away[:, 0], away[:, 1], c=colours, s=14)
    axes.set_xlim(-limit_px, limit_px)
    axes.set_ylim(-limit_px, limit_px)
    axes.set_aspect("equal")
    axes.axhline(0, color="k", linewidth=0.5)
    axes.axvline(0, color="k", linewidth=0.5)
    axes.set_xlabel("from the thing's mean place, px")
    axes.grid(alpha=0.3)
