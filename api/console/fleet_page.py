"""The fleet's page: every arm, the queues, and what is wrong, kept up to date."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from api.console.blueprint import blueprint
from api.console.robots_page import load_robots
from api.console.sparkline import sparkline
from api.console.state import console_state

HOLDS_S = (1.0, 2.0, 5.0, 10.0, 30.0)
USUAL_HOLD_S = 5.0


@blueprint.get("")
def show_fleet() -> str:
    """Show the whole fleet on one page."""
    return render_template("console/fleet.html", robots=load_robots(), **_shown())


@blueprint.get("/fleet/live")
def refresh_fleet() -> str:
    """Return the figures and tiles, for a page that is open."""
    return render_template("console/_fleet.html", **_shown())


@blueprint.get("/fleet/alarms")
def refresh_alarms() -> str:
    """Return what is wrong; apart from the figures, so that only a change is read out."""
    return render_template("console/_alarms.html", fleet=console_state().fleet.get())


def _shown() -> dict[str, Any]:
    fleet = console_state().fleet.get()
    need = fleet.need(_hold_s(request.args.get("hold", "")))
    return {"fleet": fleet, "need": need, "holds_s": HOLDS_S, "sparkline": sparkline}


def _hold_s(text: str) -> float:
    """Return the wait to be held: one of those that can be chosen."""
    return next((hold_s for hold_s in HOLDS_S if f"{hold_s:g}" == text), USUAL_HOLD_S)
