"""The place to try a picture."""

from __future__ import annotations

from flask import render_template

from api.console.blueprint import blueprint


@blueprint.get("/try")
def show_try() -> str:
    """Show where to drop a picture."""
    return render_template("console/fleet.html")
