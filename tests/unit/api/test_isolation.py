"""One arm against another's: every route for robots, also those that are yet to come.

The console's, which no arm's key opens at all, are walked by its own tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.routing import Rule

from tests.unit.api.gateway import ARM_ID, FakeGateway
from tests.unit.api.picture_bytes import make_jpeg
from tests.unit.api.test_authentication import OPEN

INTRUDER = "intruder"
NO_SESSION = "f" * 32
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
STAGES = ("open", "sealed", "done", "failed")


@dataclass(frozen=True)
class Call:
    """One method of one route, as the intruder makes it."""

    rule: Rule
    method: str

    @property
    def path(self) -> str:
        return self.rule.rule

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def guarded_calls(gateway: FakeGateway) -> Iterator[Call]:
    for rule in gateway.app.url_map.iter_rules():
        if rule.rule not in OPEN and not rule.rule.startswith(("/docs/", "/console")):
            for method in sorted(set(METHODS) & (rule.methods or set())):
                yield Call(rule, method)


CALLS = list(guarded_calls(FakeGateway()))


class RobbedGateway(FakeGateway):
    """A gateway on fakes that two arms know."""

    def __init__(self) -> None:
        super().__init__(max_waiting_images=100)
        self.owner_headers = self.headers
        self.headers = self.make_key_headers(INTRUDER)


@pytest.fixture
def robbed() -> RobbedGateway:
    """A gateway whose client is the intruder, with a key of an arm of its own."""
    return RobbedGateway()


def make_session(gateway: RobbedGateway, stage: str) -> str:
    """Let the owner bring a session to a stage."""
    own, gateway.headers = gateway.headers, gateway.owner_headers
    try:
        session_id = gateway.open_session()
        assert gateway.post_image(session_id, 1400).status_code == 202
        if stage != "open":
            gateway.post(f"/sessions/{session_id}/complete")
        if stage in {"done", "failed"}:
            gateway.detect(session_id, failing=frozenset({1400.0} if stage == "failed" else ()))
            gateway.sort(session_id)
        return session_id
    finally:
        gateway.headers = own


def body_of(gateway: FakeGateway, call: Call) -> dict[str, Any]:
    """Return a body that would be valid, as the gateway's own document shows it."""
    document = gateway.client.get("/openapi.json").get_json()
    path = call.path.replace("<", "{").replace(">", "}")
    operation = document["paths"].get(path, {}).get(call.method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    if "image/jpeg" in content:
        return {"data": make_jpeg()}
    if "application/json" in content:
        return {"json": content["application/json"]["example"] | _named_arm(content)}
    assert not content, f"teach this test what {call} takes"
    return {}


def _named_arm(content: dict[str, Any]) -> dict[str, str]:
    return {"arm_id": ARM_ID} if "arm_id" in content["application/json"]["example"] else {}


def make_call(gateway: FakeGateway, call: Call, session_id: str) -> Any:
    values = {"session_id": session_id, "arm_id": ARM_ID, "position_pw": "1500"}
    unknown = call.rule.arguments - set(values)
    assert not unknown, f"teach this test what {unknown} of {call} may be"
    path = call.path
    for name in call.rule.arguments:
        path = path.replace(f"<{name}>", values[name])
    headers = gateway.headers | {"Idempotency-Key": "of-the-owner"}
    return gateway.client.open(path, method=call.method, headers=headers, **body_of(gateway, call))


def everything_of(gateway: FakeGateway, session_id: str) -> list[Any]:
    store = gateway.store
    return [
        store.load_session(session_id),
        store.load_images(session_id),
        store.load_events(session_id),
        store.load_plan(session_id),
        store.load_outcomes(session_id),
        len(gateway.images.images),
        len(gateway.queue.images),
        len(gateway.queue.closings),
    ]


def told(response: Any) -> tuple[int, dict[str, Any]]:
    """Return what an answer tells, but for what is different in each."""
    document = json.loads(response.data) if response.data else {}
    return response.status_code, document | {"instance": "", "request_id": ""}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_no_call_shows_or_changes_what_is_another_arms(
    robbed: RobbedGateway, call: Call, stage: str
) -> None:
    session_id = make_session(robbed, stage)
    before = everything_of(robbed, session_id)
    response = make_call(robbed, call, session_id)
    assert response.status_code in {403, 404}, f"{call} is open to another arm's key"
    assert everything_of(robbed, session_id) == before
    assert told(response) == told(make_call(robbed, call, NO_SESSION)), "nor that there is one"


def test_the_walk_covers_every_call_that_asks_for_a_key() -> None:
    assert {str(call) for call in CALLS} >= {
        "PUT /arms/<arm_id>",
        "POST /sessions",
        "GET /sessions/<session_id>",
        "POST /sessions/<session_id>/images/<position_pw>",
        "POST /sessions/<session_id>/complete",
        "GET /sessions/<session_id>/commands",
        "GET /sessions/<session_id>/events",
        "POST /sessions/<session_id>/outcomes",
    }


def test_the_same_calls_succeed_for_the_owner(robbed: RobbedGateway) -> None:
    """Otherwise the walk would prove nothing."""
    robbed.headers = robbed.owner_headers
    for call in CALLS:
        stage = "open" if "images" in call.path else "done"
        response = make_call(robbed, call, make_session(robbed, stage))
        assert response.status_code < 300, (str(call), response.data)


@pytest.mark.parametrize("path", OPEN)
def test_what_needs_no_key_names_no_session_and_no_arm(robbed: RobbedGateway, path: str) -> None:
    session_id = make_session(robbed, "done")
    text = robbed.client.get(path).text
    assert session_id not in text
    assert INTRUDER not in text
