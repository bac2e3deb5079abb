"""Original robots that wait to be started, and the button that starts one."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.console.blueprint import blueprint
from api.console.guard import operator
from api.context import using
from storage.check_ins import CheckIn

log = structlog.get_logger(__name__)


def load_robots() -> list[CheckIn]:
    """Return the robots that ever checked in at the robots' door."""
    return using().services.store.load_check_ins()


@blueprint.get("/robots/live")
def refresh_robots() -> str:
    """Return which robots wait, for a page that is open."""
    return render_template("console/_robots.html", robots=load_robots())


@blueprint.post("/robots/<arm_id>/start")
def start_robot(arm_id: str) -> AnyResponse:
    """Let a robot begin a session at its next check-in."""
    using().services.store.ask_start(arm_id)
    log.info("start_asked", arm_id=arm_id, operator_key=operator().key_id)
    return redirect(url_for("console.show_fleet"), HTTPStatus.SEE_OTHER)
