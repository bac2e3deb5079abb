"""The history of sessions."""

from __future__ import annotations

from flask import render_template

from api.console.blueprint import blueprint


@blueprint.get("/sessions")
def show_sessions() -> str:
    """Show the sessions that fit the filter, the newest first, a page at a time."""
    return render_template("console/fleet.html")
