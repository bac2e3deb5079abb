"""Every route of the console, also those that are yet to come, asks for an operator."""

from __future__ import annotations

import pytest
from werkzeug.routing import Rule

from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import FakeGateway

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
OPEN = {"/console/sign-in", "/console/static/<path:filename>"}


def calls_of(gateway: FakeGateway) -> list[tuple[str, str]]:
    return [
        (method, _path_of(rule))
        for rule in gateway.app.url_map.iter_rules()
        if rule.rule.startswith("/console") and rule.rule not in OPEN
        for method in sorted(METHODS & (rule.methods or set()))
    ]


def _path_of(rule: Rule) -> str:
    path = rule.rule
    for name in rule.arguments:
        for kind in (name, f"path:{name}", f"int:{name}", f"float:{name}"):
            path = path.replace(f"<{kind}>", "0" if ":" in kind else "f" * 32)
    return path


CALLS = calls_of(FakeGateway())


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_neither_a_stranger_nor_an_arms_key_opens_anything(
    gateway: FakeGateway, method: str, path: str
) -> None:
    for headers in ({}, gateway.headers):
        asked = headers | {"Accept": "application/json"}
        answer = gateway.client.open(path, method=method, headers=asked)
        assert answer.status_code == 401, (method, path)


@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[0] != "GET"])
def test_nothing_is_changed_for_an_operator_without_the_forms_token(
    browser: Browser, method: str, path: str
) -> None:
    assert browser.client.open(path, method=method).status_code == 403


def test_the_walk_has_met_the_pages_that_exist() -> None:
    assert {("GET", "/console"), ("POST", "/console/try"), ("POST", "/console/sign-out")} <= {
        *CALLS
    }
