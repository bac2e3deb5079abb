"""The gateway against its own OpenAPI document: every call, with right and with wrong input."""

from __future__ import annotations

import re
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from sorter.types import Arm, ArmLimits
from tests.unit.api.gateway import ARM_ID, FakeGateway
from tests.unit.api.picture_bytes import make_jpeg, make_png

MAX_EXAMPLES = 25
ACCEPTED = ["2xx", "401", "403", "404", "409"]
# A lower limit below its upper one, fewer needed than expected: JSON Schema cannot say these.
ACCEPTED_OR_CONTRADICTORY = [*ACCEPTED, "422"]
REFUSED = ["401", "403", "404", "405", "409", "413", "415", "422"]


def make_busy_gateway() -> tuple[FakeGateway, list[str]]:
    """Return a gateway with sessions in several states, and their ids."""
    gateway = FakeGateway(max_waiting_images=10**9, max_json_bytes=1_000_000)
    gateway.store.save_arm(Arm(ARM_ID, limits=ArmLimits(0, 20_000, 0, 20_000)))
    done = gateway.finish_session()
    failed = gateway.open_session()
    gateway.post(f"/sessions/{failed}/complete")
    gateway.sort(failed)
    return gateway, [gateway.open_session(), gateway.open_session(), done, failed]


GATEWAY, SESSION_IDS = make_busy_gateway()

CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ACCEPTED},
            "negative_data_rejection": {"expected-statuses": REFUSED},
        },
        "operations": [
            {
                "include-operation-id": name,
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": ACCEPTED_OR_CONTRADICTORY}
                },
            }
            for name in ("putArm", "openSession")
        ],
    }
)

schemathesis.openapi.media_type(
    "image/jpeg", st.integers(0, 3).map(lambda grey: make_jpeg(grey=grey))
)
schemathesis.openapi.media_type(
    "image/png", st.integers(0, 3).map(lambda grey: make_png(grey=grey))
)

schema = schemathesis.openapi.from_wsgi("/openapi.json", GATEWAY.app, config=CONFIG)


@schema.hook
def map_path_parameters(
    context: Any, path_parameters: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Let most ids that are well-formed name something that exists."""
    if path_parameters is None:
        return None
    session_id = path_parameters.get("session_id")
    if isinstance(session_id, str) and re.fullmatch("[0-9a-f]{32}", session_id):
        number = int(session_id, 16) % (len(SESSION_IDS) + 1)
        path_parameters["session_id"] = (*SESSION_IDS, session_id)[number]
    _name_own_arm(path_parameters)
    return path_parameters


@schema.hook
def map_body(context: Any, body: Any) -> Any:
    """Let sessions be opened for the key's own arm."""
    if isinstance(body, dict):
        _name_own_arm(body)
    return body


def _name_own_arm(values: dict[str, Any]) -> None:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(values.get("arm_id", ""))):
        values["arm_id"] = ARM_ID


@schema.parametrize()
@settings(
    max_examples=MAX_EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_call_does_what_the_document_says(case: schemathesis.Case) -> None:
    case.call_and_validate(headers=GATEWAY.headers)
