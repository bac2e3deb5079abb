"""A calibration told: tables for people, a document for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table

from cli.calibration_sources import Source
from robot.client import arm_body
from sorter.calibration import Calibration


def residual_table(source: Source, calibration: Calibration) -> Table:
    """Return each parameter before and after, how surely it is known, and the truth if known."""
    before, after, truth = source.arm.geometry, calibration.geometry, source.truth
    table = Table("", "stated", "found", "standard error", *(["truth"] if truth else []))
    for name, value, error, decimals in (
        ("radius_px", after.radius_px, calibration.radius_error_px, 1),
        ("roll_deg", after.roll_deg, calibration.roll_error_deg, 2),
        ("distortion", after.distortion, calibration.distortion_error, 4),
    ):
        stated = f"{getattr(before, name):.{decimals}f}"
        row = [name, stated, f"{value:.{decimals}f}", f"{error:.{decimals}f}"]
        table.add_row(*row, *([f"{getattr(truth, name):.{decimals}f}"] if truth else []))
    residuals = f"{calibration.residual_before_px:.1f}", f"{calibration.residual_px:.1f}"
    table.add_row("residual, px", *residuals)
    return table


def views_table(calibration: Calibration) -> Table:
    """Return each picture's residuals."""
    table = Table("picture at", "things shared", "before, px", "after, px")
    for view in calibration.views:
        residuals = f"{view.before_px:.1f}", f"{view.after_px:.1f}"
        table.add_row(f"{view.position_pw:g}", str(view.n), *residuals)
    return table


def verdict(calibration: Calibration) -> str:
    """Return in a sentence what it was made from, and what follows for merging."""
    return (
        f"Calibration {calibration.calibration_id}: {calibration.n_things} things were seen again "
        f"{calibration.n_matches} times; sightings of one thing may lie "
        f"{calibration.repeatability_px:.1f} px apart."
    )


def calibration_document(source: Source, calibration: Calibration) -> dict[str, Any]:
    """Return everything as a JSON object; ``arm`` is the body with which a robot registers it."""
    arm = calibration.applied_to(source.arm)
    document = asdict(calibration)
    return {
        **document,
        "made_at": calibration.made_at.isoformat(),
        "repeatability_px": calibration.repeatability_px,
        "geometry_before": asdict(source.arm.geometry),
        "geometry_true": None if source.truth is None else asdict(source.truth),
        "arm_id": arm.arm_id,
        "arm": arm_body(arm),
    }
