"""The place to try a picture: drop it, and see what the workers find in it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, jsonify, render_template, url_for

from api.console.blueprint import blueprint
from api.console.guard import operator
from api.console.state import console_state
from api.console.tried import describe_tried, load_tried, try_picture
from api.context import request_id, using
from api.errors import TooManyRequestsError
from api.images import read_picture

MIMETYPES = {"jpg": "image/jpeg", "png": "image/png"}


@blueprint.get("/try")
def show_try() -> str:
    """Show where to drop a picture."""
    return render_template("console/try.html", session_id=None)


@blueprint.post("/try")
def take_try() -> tuple[Response, int]:
    """Take a picture's bytes and tell where it can be watched."""
    _check_pace()
    session_id = try_picture(using(), read_picture(), request_id())
    address = url_for("console.show_tried", session_id=session_id)
    return jsonify({"address": address}), HTTPStatus.CREATED


@blueprint.get("/try/<session_id>")
def show_tried(session_id: str) -> str:
    """Show one picture that was tried."""
    session, _ = load_tried(using(), session_id)
    return render_template("console/try.html", session_id=session_id, until=session.deadline_at)


@blueprint.get("/try/<session_id>/state")
def get_tried(session_id: str) -> Response:
    """Return how far it is, and what was found."""
    context = using()
    return jsonify(describe_tried(context, load_tried(context, session_id)[1]))


@blueprint.get("/try/<session_id>/picture")
def get_tried_picture(session_id: str) -> Response:
    """Return the picture's bytes."""
    context = using()
    key = load_tried(context, session_id)[1].image.key
    data = context.services.images.load_image(key)
    return Response(data, content_type=MIMETYPES[key.rpartition(".")[2]])


def _check_pace() -> None:
    try:
        console_state().try_rates.check(operator().key_id)
    except TooManyRequestsError as error:
        wait_s = error.retry_after_s
        raise TooManyRequestsError(f"Try the next picture in {wait_s} s.", wait_s) from None
