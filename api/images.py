"""Pictures come in: looked at from outside, kept, written down, and put onto the queue."""

from __future__ import annotations

import hashlib
from typing import Any, cast

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from werkzeug.exceptions import RequestEntityTooLarge

from api.answers import ImageAnswer, answer
from api.bodies import ImagePath
from api.context import request_id, using
from api.documents import KEY_SECURITY, problem_responses
from api.errors import NotAPictureError, OutOfRangeError
from api.owned import load_own_session
from api.pictures import look_at_picture
from api.publishing import publish_acceptance
from api.request_body import GatewayRequest
from sorter.errors import ConflictError, TransientError
from sorter.types import ImageSize
from storage.ports import ImageRecord, NewImage, SessionRecord, SessionState

blueprint = APIBlueprint(
    "images", __name__, abp_tags=[Tag(name="images")], abp_security=KEY_SECURITY
)

_BYTES = {"schema": {"type": "string", "format": "binary"}}
PICTURE_BODY: dict[str, Any] = {
    "requestBody": {
        "description": "The bytes of one picture. What they are is judged by the bytes alone.",
        "required": True,
        "content": {"image/jpeg": _BYTES, "image/png": _BYTES},
    }
}


@blueprint.post(
    "/sessions/<session_id>/images/<position_pw>",
    operation_id="postImage",
    openapi_extensions=PICTURE_BODY,
    responses={
        202: ImageAnswer,
        **problem_responses(401, 404, 409, 413, 415, 422, 503, 507),
    },
)
def post_image(path: ImagePath) -> Response:
    """Take in one picture.

    The same bytes at the same position get the same answer, at any time, and nothing is
    detected twice. Other bytes at that position: 409. A full queue: 503 with `Retry-After`.
    """
    session = load_own_session(path.session_id)
    data = _read_picture()
    size = look_at_picture(data, max_pixels=using().settings.max_image_pixels)
    _check_suits_arm(session, path.position_pw, size)
    sha256 = hashlib.sha256(data).hexdigest()
    known = _find_known(session, path.position_pw, sha256)
    if known is not None:
        using().metrics.images.labels("repeated").inc()
        return answer(ImageAnswer.of(known), 202)
    using().admission.check(session.arm.arm_id)
    image = _accept(session, path.position_pw, data, sha256, size)
    return answer(ImageAnswer.of(image), 202)


def _read_picture() -> bytes:
    max_bytes = using().settings.max_image_bytes
    # One more than may come: a body without a length is cut at this limit, not refused.
    request.max_content_length = max_bytes + 1
    data = cast("GatewayRequest", request).read_whole()
    using().metrics.image_bytes.inc(len(data))
    if len(data) > max_bytes:
        raise RequestEntityTooLarge
    if not data:
        raise NotAPictureError("the body is empty")
    return data


def _check_suits_arm(session: SessionRecord, position_pw: float, size: ImageSize) -> None:
    limits, geometry = session.arm.limits, session.arm.geometry
    if not limits.servo0_min_pw <= position_pw <= limits.servo0_max_pw:
        raise OutOfRangeError(
            f"the arm's servo 0 goes from {limits.servo0_min_pw:g} to {limits.servo0_max_pw:g}, "
            f"not to {position_pw:g}"
        )
    if geometry.radius_px <= size.height_px / 2:
        raise OutOfRangeError(
            f"a picture {size.height_px} pixels high does not suit the arm's radius of "
            f"{geometry.radius_px:g} pixels: the base axis would lie inside the picture"
        )


def _find_known(session: SessionRecord, position_pw: float, sha256: str) -> ImageRecord | None:
    """Return the picture where it came before, so that nothing is stored for a refused one.

    Raises:
        ConflictError: Other bytes came from that position, or the session takes no more.
    """
    for image in using().services.store.load_images(session.session_id):
        if image.position_pw == position_pw:
            if image.sha256 == sha256:
                return image
            raise ConflictError(f"another picture was already taken at {position_pw:g}")
    if session.state is not SessionState.OPEN:
        raise ConflictError(f"the session is {session.state.value} and takes no more pictures")
    return None


def _save(session_id: str, data: bytes) -> str:
    """Keep the bytes and return their key, unless so many wait for the image store already."""
    saves = using().saves
    if not saves.take():
        raise TransientError("the image store is slow, and enough pictures wait for it")
    try:
        return using().services.images.save_image(session_id, data)
    finally:
        saves.give_back()


def _accept(
    session: SessionRecord, position_pw: float, data: bytes, sha256: str, size: ImageSize
) -> ImageRecord:
    """Keep the bytes, commit the row, publish. Racing duplicates meet in the row's transaction."""
    services = using().services
    key = _save(session.session_id, data)
    new = NewImage(position_pw, key, sha256, size, len(data))
    acceptance = services.store.accept_image(session.session_id, new, request_id())
    using().metrics.images.labels("accepted" if acceptance.is_new else "repeated").inc()
    if acceptance.is_new:
        using().admission.note_accepted(session.arm.arm_id)
        publish_acceptance(acceptance)
    return acceptance.image
