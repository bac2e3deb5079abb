from __future__ import annotations

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from api import errors
from api.problems import KINDS, kind_of
from sorter import errors as shared_errors
from sorter.errors import SorterBotError
from tests.unit.api.gateway import ARM_ID, FakeGateway, problem_of

OURS = [
    cls
    for module in (errors, shared_errors)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, SorterBotError) and cls is not SorterBotError
]


@pytest.mark.parametrize("cls", OURS)
def test_every_error_that_is_raised_on_purpose_has_a_line_in_the_table(
    cls: type[SorterBotError],
) -> None:
    assert any(base in KINDS for base in cls.__mro__ if base is not Exception)


def test_an_error_takes_the_line_of_its_nearest_base() -> None:
    class OddBoxError(shared_errors.InvalidBoxError):
        pass

    assert kind_of(OddBoxError()).status == 422
    assert kind_of(shared_errors.StorageFullError()).status == 507
    assert kind_of(ZeroDivisionError()).status == 500


def test_a_type_has_one_status_and_one_title() -> None:
    by_slug: dict[str, set[tuple[int, str]]] = {}
    for kind in KINDS.values():
        by_slug.setdefault(kind.slug, set()).add((kind.status, kind.title))
    assert all(len(lines) == 1 for lines in by_slug.values())


def test_a_mistake_of_the_gateway_shows_nothing_of_its_inside(gateway: FakeGateway) -> None:
    def fail(session_id: str) -> None:
        raise ValueError("postgresql://user:secret@host/db")

    gateway.store.load_session = fail  # type: ignore[assignment,method-assign]
    with capture_logs() as logs:
        response = gateway.get(f"/sessions/{'0' * 32}")
    problem_of(response, 500, "internal-error")
    assert "secret" not in response.text
    [failure] = [line for line in logs if line["event"] == "request_failed"]
    assert failure["log_level"] == "error"


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/sessions/", 404, "not-found"),
        ("GET", "//healthz", 404, "not-found"),
        ("POST", "/healthz", 405, "method-not-allowed"),
        ("BREW", "/healthz", 405, "method-not-allowed"),
    ],
)
def test_what_flask_itself_refuses_is_a_problem_document_too(
    gateway: FakeGateway, method: str, path: str, status: int, slug: str
) -> None:
    response = gateway.client.open(path, base_url="http://localhost", method=method)
    problem_of(response, status, slug)
    if status == 405:
        assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "slug"),
    [
        (b"{", "application/json", 422, "invalid-input"),
        (b"", "application/json", 422, "invalid-input"),
        (b"[]", "application/json", 422, "invalid-input"),
        (b"null", "application/json", 422, "invalid-input"),
        (json.dumps(json.dumps({"arm_id": ARM_ID})), "application/json", 422, "invalid-input"),
        (b'{"arm_id": "\xff"}', "application/json", 422, "invalid-input"),
        (b'{"arm_id": "\\ud800"}', "application/json", 422, "invalid-input"),
        (b'{"deadline_s": NaN, "arm_id": "arm-1"}', "application/json", 422, "invalid-input"),
        (b"[" * 4000, "application/json", 422, "invalid-input"),
        (b'{"a":' * 900, "application/json", 422, "invalid-input"),
        (b'{"arm_id": "arm-1"}', "text/plain", 415, "unsupported-media-type"),
        (b'{"arm_id": "arm-1"}', "", 415, "unsupported-media-type"),
        (b" " * 5001, "application/json", 413, "request-entity-too-large"),
    ],
)
def test_a_body_that_is_not_the_json_it_should_be_opens_nothing(
    gateway: FakeGateway, body: Any, content_type: str, status: int, slug: str
) -> None:
    response = gateway.post("/sessions", data=body, content_type=content_type)
    problem_of(response, status, slug)


def test_what_is_wrong_is_named_field_by_field_without_repeating_the_values(
    gateway: FakeGateway,
) -> None:
    body = {"arm_id": "no/such", "deadline_s": "letmein", "min_images": 0}
    problem = problem_of(gateway.post("/sessions", json=body), 422, "invalid-input")
    assert {error["where"] for error in problem["errors"]} == {
        "arm_id",
        "deadline_s",
        "min_images",
    }
    assert "letmein" not in json.dumps(problem)
