from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from api.examples import EXAMPLES
from api.problems import PROBLEM_JSON
from tests.unit.api.gateway import FakeGateway


def test_the_document_is_valid_openapi(gateway: FakeGateway) -> None:
    validate(gateway.client.get("/openapi.json").get_json())


def test_every_route_is_documented_and_nothing_else(gateway: FakeGateway) -> None:
    paths = gateway.app.api_doc["paths"]
    documented = {
        (path, method.upper()) for path, operations in paths.items() for method in operations
    }
    served = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in gateway.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/docs", "/openapi.json", "/console"))
    }
    assert documented == served


def test_every_error_is_documented_as_a_problem_document(gateway: FakeGateway) -> None:
    for path, operations in gateway.app.api_doc["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and path != "/readyz":
                    assert list(response["content"]) == [PROBLEM_JSON], (path, status)
                    schema = response["content"][PROBLEM_JSON]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_call_on_arms_and_sessions_names_the_key_that_it_needs(
    gateway: FakeGateway,
) -> None:
    document = gateway.app.api_doc
    assert document["components"]["securitySchemes"]["arm_key"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            is_closed = path.startswith(("/arms", "/sessions"))
            assert ("security" in operation) == is_closed
            assert ("401" in operation["responses"]) == is_closed


def test_bodies_and_answers_come_with_examples(gateway: FakeGateway) -> None:
    for path, operations in gateway.app.api_doc["paths"].items():
        for operation in operations.values():
            contents = [operation.get("requestBody", {}).get("content", {})]
            contents += [
                response.get("content", {})
                for status, response in operation["responses"].items()
                if int(status) < 300
            ]
            for content in contents:
                if "application/json" in content:
                    assert "example" in content["application/json"], (path, operation)


@pytest.mark.parametrize("model", EXAMPLES)
def test_an_example_is_what_its_model_says(model: type[BaseModel]) -> None:
    example = EXAMPLES[model]
    assert model.model_validate(example).model_dump(mode="json", exclude_unset=True) == example


def test_the_page_loads_nothing_from_other_hosts(gateway: FakeGateway) -> None:
    page = gateway.client.get("/docs")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(sources) == 3
    for source in sources:
        assert source.startswith("/docs/")
        with gateway.client.get(source) as asset:
            assert asset.status_code == 200
            assert len(asset.data) > 100
