"""The robot tells what it managed."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.answers import OutcomesAnswer, answer
from api.bodies import OutcomesBody, SessionPath
from api.context import using
from api.documents import KEY_SECURITY, problem_responses
from api.owned import load_own_session
from storage.records import Outcome

blueprint = APIBlueprint(
    "outcomes", __name__, abp_tags=[Tag(name="commands")], abp_security=KEY_SECURITY
)


@blueprint.post(
    "/sessions/<session_id>/outcomes",
    operation_id="postOutcomes",
    responses={
        200: OutcomesAnswer,
        **problem_responses(401, 404, 409, 413, 415, 422, 503),
    },
)
def post_outcomes(path: SessionPath, body: OutcomesBody) -> Response:
    """Tell what became of commands: picked, missed or dropped.

    A command told again replaces what was said before. Returns all that is known.
    """
    load_own_session(path.session_id)
    store = using().services.store
    latest = {o.command: Outcome(o.command, o.result, o.note) for o in body.outcomes}
    store.save_outcomes(path.session_id, list(latest.values()))
    return answer(OutcomesAnswer.of(path.session_id, store.load_outcomes(path.session_id)))
