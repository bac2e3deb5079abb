"""Arms are registered, and changed, by whoever holds their key."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.answers import ArmAnswer, answer
from api.bodies import ArmBody, ArmPath
from api.context import using
from api.documents import KEY_SECURITY, problem_responses
from api.owned import check_own_arm

blueprint = APIBlueprint("arms", __name__, abp_tags=[Tag(name="arms")], abp_security=KEY_SECURITY)


@blueprint.put(
    "/arms/<arm_id>",
    operation_id="putArm",
    responses={
        200: ArmAnswer,
        201: ArmAnswer,
        **problem_responses(401, 403, 413, 415, 422, 503),
    },
)
def put_arm(path: ArmPath, body: ArmBody) -> Response:
    """Register or change an arm.

    Sessions that are already open keep the arm as it was. 201 where the arm is new.
    """
    check_own_arm(path.arm_id)
    arm = body.arm(path.arm_id)
    is_new = using().services.store.save_arm(arm)
    return answer(ArmAnswer.of(arm), 201 if is_new else 200)
