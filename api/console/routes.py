"""Puts the console's pages onto a gateway."""

from __future__ import annotations

from flask import Flask
from werkzeug.exceptions import NotFound

from api.console import (
    before_after,
    fleet_page,
    guard,
    robots_page,
    session_page,
    session_replays,
    sessions_page,
    sign_in,
    try_page,
)
from api.console.blueprint import blueprint
from api.console.state import STATE, make_state
from api.console.words import FILTERS

PAGES = (
    guard,
    sign_in,
    fleet_page,
    robots_page,
    sessions_page,
    session_page,
    session_replays,
    try_page,
    before_after,
)
"""Each puts its pages onto the blueprint as it is imported."""


@blueprint.get("/<path:_path>")
def show_nothing(_path: str) -> str:
    """Answer for pages that do not exist, as the console does."""
    raise NotFound("There is no such page.")


def register_console(app: Flask) -> None:
    """Serve the console at ``/console``."""
    app.extensions[STATE] = make_state(app)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(blueprint)
