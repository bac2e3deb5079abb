"""The fleet: every arm, the queues, and what is wrong."""

from __future__ import annotations

from flask import render_template

from api.console.blueprint import blueprint


@blueprint.get("")
def show_fleet() -> str:
    """Show the whole fleet on one page."""
    return render_template("console/fleet.html")
