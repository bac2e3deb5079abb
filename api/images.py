"""Pictures come in over HTTP."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from werkzeug.exceptions import RequestEntityTooLarge

from api.answers import ImageAnswer, answer
from api.bodies import ImagePath
from api.context import request_id, using
from api.documents import KEY_SECURITY, problem_responses
from api.errors import NotAPictureError
from api.intake import take_in_picture
from api.owned import load_own_session
from api.request_body import GatewayRequest

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
    data = read_picture()
    image = take_in_picture(using(), session, path.position_pw, data, request_id())
    return answer(ImageAnswer.of(image), 202)


def read_picture() -> bytes:
    """Return the body, which must be of a picture's size.

    Raises:
        RequestEntityTooLarge: It is over the limit.
        NotAPictureError: It is empty.
    """
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
