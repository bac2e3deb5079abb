"""Sessions are opened, completed and looked at."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.answers import SessionAnswer, answer
from api.bodies import SessionBody, SessionHeader, SessionPath
from api.context import request_id, using
from api.documents import KEY_SECURITY, problem_responses
from api.intake import seal_session
from api.owned import check_own_arm, load_own_session

blueprint = APIBlueprint(
    "sessions", __name__, abp_tags=[Tag(name="sessions")], abp_security=KEY_SECURITY
)


@blueprint.post(
    "/sessions",
    operation_id="openSession",
    responses={
        200: SessionAnswer,
        201: SessionAnswer,
        **problem_responses(401, 403, 404, 409, 413, 415, 422, 503),
    },
)
def open_session(header: SessionHeader, body: SessionBody) -> Response:
    """Open a session for an arm.

    With an `Idempotency-Key` a repeat returns the session that the first one opened, with 200.
    """
    check_own_arm(body.arm_id)
    session, is_new = using().services.store.open_session(
        body.arm_id,
        expected_images=body.expected_images,
        min_images=body.min_images,
        deadline_s=body.deadline_s,
        idempotency_key=header.idempotency_key,
        request_id=request_id(),
    )
    described = SessionAnswer.of(session)
    return answer(described, 201 if is_new else 200, {"Location": described.links.session})


@blueprint.get(
    "/sessions/<session_id>",
    operation_id="getSession",
    responses={200: SessionAnswer, **problem_responses(401, 404, 503)},
)
def get_session(path: SessionPath) -> Response:
    """Tell a session's state, how far it is, and why it is not done yet."""
    return describe_session(path.session_id)


@blueprint.post(
    "/sessions/<session_id>/complete",
    operation_id="completeSession",
    responses={200: SessionAnswer, **problem_responses(401, 404, 503)},
)
def complete_session(path: SessionPath) -> Response:
    """Seal a session: no more pictures.

    Implied once `expected_images` have come; saying it again changes nothing.
    """
    load_own_session(path.session_id)
    seal_session(using(), path.session_id, request_id())
    return describe_session(path.session_id)


def describe_session(session_id: str, status: int = 200) -> Response:
    """Write what there is to say about a session of the caller's."""
    session = load_own_session(session_id)
    images = using().services.store.load_images(session_id) if session.n_failed else []
    return answer(SessionAnswer.of(session, images), status)
