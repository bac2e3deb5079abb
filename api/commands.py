"""The robot fetches its commands, and may wait for them."""

from __future__ import annotations

import json

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.answers import JSON, PlanAnswer, SessionAnswer
from api.bodies import SessionPath, WaitQuery
from api.context import Context, using
from api.documents import KEY_SECURITY, problem_responses
from api.errors import SessionFailedError
from api.owned import load_own_session
from api.sessions import describe_session
from storage.records import SessionRecord, SessionState

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 0.5
PAUSE_GROWTH = 1.25

blueprint = APIBlueprint(
    "commands", __name__, abp_tags=[Tag(name="commands")], abp_security=KEY_SECURITY
)


@blueprint.get(
    "/sessions/<session_id>/commands",
    operation_id="getCommands",
    responses={
        200: PlanAnswer,
        202: SessionAnswer,
        **problem_responses(401, 404, 409, 422, 503),
    },
)
def get_commands(path: SessionPath, query: WaitQuery) -> Response:
    """Fetch the plan of a session, waiting for it where asked to.

    200 with the plan; 202 with the progress while there is none yet; 409 (`session-failed`)
    where there will never be one. Where too many wait already, 202 comes at once.
    """
    session = load_own_session(path.session_id)
    if not session.state.is_final and query.wait > 0:
        session = _wait(using(), session, query.wait)
    if not session.state.is_final:
        response = describe_session(path.session_id, 202)
        response.headers["Retry-After"] = "1"
        return response
    return _answer_plan(session)


def _wait(context: Context, session: SessionRecord, wait_s: float) -> SessionRecord:
    """Ask the rows again and again, gently; no connection is held in between."""
    if not context.waits.take():
        return session
    services = context.services
    try:
        until_s = services.monotonic_s() + min(wait_s, context.settings.max_wait_s)
        pause_s = FIRST_PAUSE_S
        while not session.state.is_final and (left_s := until_s - services.monotonic_s()) > 0:
            if context.leaving.is_set():
                break
            services.sleep(min(pause_s, left_s))
            pause_s = min(pause_s * PAUSE_GROWTH, LONGEST_PAUSE_S)
            session = services.store.load_session(session.session_id)
        return session
    finally:
        context.waits.give_back()


def _answer_plan(session: SessionRecord) -> Response:
    if session.state is SessionState.FAILED:
        raise SessionFailedError(session.failure or "the session failed, and nobody said why")
    plan = using().services.store.load_plan(session.session_id) or {}
    document = {"session_id": session.session_id, "state": session.state.value, **plan}
    return Response(json.dumps(document, separators=(",", ":")), 200, content_type=JSON)
