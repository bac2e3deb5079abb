"""One session: its page, what the page draws, and the pictures on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from flask import Response, render_template, request

from api.answers import JSON, why_not_done
from api.console.before_after import load_before_after
from api.console.blueprint import blueprint
from api.console.session_data import (
    SessionView,
    crops_name,
    load_session_view,
    panorama_name,
    session_document,
    thumbnail_name,
)
from api.console.state import console_state
from api.context import using
from api.crop_sheet import draw_crop_sheet
from api.events import stream_response
from api.panorama import View, draw_panorama
from api.small_pictures import jpeg_of, make_blank, make_thumbnail
from sorter.errors import InvalidInputError, NotFoundError
from storage.overview import TRY_ARM_ID
from storage.records import ImageRecord, SessionRecord
from storage.views import ReadImage

JPEG = "image/jpeg"
PNG = "image/png"
FOR_EVER = "private, max-age=31536000, immutable"
"""A drawing's address says what it is made of, and a picture's bytes never change."""


@blueprint.get("/sessions/<session_id>")
def show_session(session_id: str) -> str:
    """Show one session; scripts fill the page in and keep it up to date."""
    session = _load_session(session_id)
    both = load_before_after(using().services.store, session)
    return render_template(
        "console/session.html", session=session, why=why_not_done(session), both=both
    )


@blueprint.get("/sessions/<session_id>/data")
def show_session_data(session_id: str) -> Response:
    """Return everything that the page draws."""
    document = session_document(_load_view(session_id))
    return Response(json.dumps(document, separators=(",", ":")), content_type=JSON)


@blueprint.get("/sessions/<session_id>/events")
def show_session_events(session_id: str) -> Response:
    """Follow a session's changes, as :func:`api.events.get_events`."""
    session = _load_session(session_id)
    last = request.headers.get("Last-Event-ID", "")
    after_id = int(last) if last.isdecimal() and len(last) < 19 else 0
    store = using().services.store
    if session.state.is_final and not store.load_events(session_id, after_id, limit=1):
        return Response(status=204)
    return stream_response(using(), session_id, after_id, console_state().viewers)


@blueprint.get("/sessions/<session_id>/commands.json")
def download_commands(session_id: str) -> Response:
    """Return the plan as the robot read it, as a file.

    Raises:
        NotFoundError: There is no plan.
    """
    session = _load_session(session_id)
    plan = using().services.store.load_plan(session.session_id)
    if plan is None:
        raise NotFoundError("the session has no commands")
    response = Response(json.dumps(plan, indent=2), content_type=JSON)
    named = f'attachment; filename="commands-{session.session_id}.json"'
    response.headers["Content-Disposition"] = named
    return response


@blueprint.get("/sessions/<session_id>/images/<image_id>")
def show_picture(session_id: str, image_id: str) -> Response:
    """Return a picture as it came."""
    image = _load_image(session_id, image_id)
    data = using().services.images.load_image(image.key)
    return _picture(data, PNG if image.key.endswith(".png") else JPEG)


@blueprint.get("/sessions/<session_id>/images/<image_id>/small.jpg")
def show_thumbnail(session_id: str, image_id: str) -> Response:
    """Return a picture's thumbnail; of one that cannot be shown, a blank one."""
    image = _load_image(session_id, image_id)
    load = partial(using().services.images.load_image, image.key)
    drawings = console_state().drawings
    try:
        return _picture(drawings.get(thumbnail_name(image), lambda: make_thumbnail(load())))
    except InvalidInputError:  # its card says why
        return _picture(make_blank(image.size))
    except NotFoundError:  # its bytes are gone, and may come back
        return Response(make_blank(image.size), content_type=JPEG)


@blueprint.get("/sessions/<session_id>/table.jpg")
def show_table(session_id: str) -> Response:
    """Return the table from above, once no picture comes any more.

    Raises:
        NotFoundError: Pictures may yet come, or none could be read.
    """
    view = _load_read_view(session_id)
    geometry = view.session.arm.geometry

    def draw() -> bytes:
        views = [_view(read, _small(read)) for read in view.shown]
        return jpeg_of(draw_panorama(views, geometry))

    return _picture(console_state().drawings.get(panorama_name(view), draw))


@blueprint.get("/sessions/<session_id>/crops.jpg")
def show_crops(session_id: str) -> Response:
    """Return all that was found, as one sheet, once no picture comes any more.

    Raises:
        NotFoundError: Pictures may yet come, or none could be read.
    """
    view = _load_read_view(session_id)

    def draw() -> bytes:
        views = [_view(read, _whole(read)) for read in view.shown]
        boxes = [read.detections.xyxy_px for read in view.shown if read.detections is not None]
        return jpeg_of(draw_crop_sheet(views, boxes))

    return _picture(console_state().drawings.get(crops_name(view), draw))


def _load_session(session_id: str) -> SessionRecord:
    session = using().services.store.load_session(session_id)
    if session.arm.arm_id == TRY_ARM_ID:
        raise NotFoundError("there is no such session")
    return session


def _load_view(session_id: str) -> SessionView:
    _load_session(session_id)
    return load_session_view(using().services.store, session_id)


def _load_read_view(session_id: str) -> SessionView:
    view = _load_view(session_id)
    if not view.is_read or not view.shown:
        raise NotFoundError("the session has no pictures to draw, or not all of them yet")
    return view


def _load_image(session_id: str, image_id: str) -> ImageRecord:
    _load_session(session_id)
    for image in using().services.store.load_images(session_id):
        if image.image_id == image_id:
            return image
    raise NotFoundError("there is no such picture")


def _view(read: ReadImage, load: Callable[[], bytes]) -> View:
    return View(read.image.position_pw, read.image.size, load)


def _whole(read: ReadImage) -> Callable[[], bytes]:
    return partial(using().services.images.load_image, read.image.key)


def _small(read: ReadImage) -> Callable[[], bytes]:
    """Return what loads a picture's thumbnail, or makes one: it is drawn at about that size."""
    images = using().services.images

    def load() -> bytes:
        try:
            return images.load_named(thumbnail_name(read.image))
        except NotFoundError:
            return make_thumbnail(images.load_image(read.image.key))

    return load


def _picture(data: bytes, content_type: str = JPEG) -> Response:
    response = Response(data, content_type=content_type)
    response.headers["Cache-Control"] = FOR_EVER
    return response
