"""A browser without a screen, on a gateway of fakes."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.keys import OPERATOR_KEYS
from storage.ports import Store
from tests.unit.api.gateway import FakeGateway

PAGE = {"Accept": "text/html"}


def make_operator(store: Store, name: str = "Ada") -> str:
    """Make an operator's key and return its text."""
    key = OPERATOR_KEYS.make()
    store.save_operator_key(key.key_id, name, key.secret_sha256)
    return key.text


def form_token_of(response: TestResponse) -> str:
    """Return the token that the page's forms carry."""
    match = re.search(r'data-form-token="([0-9a-f]{64})"', response.get_data(as_text=True))
    assert match is not None, response.get_data(as_text=True)
    return match[1]


class Browser:
    """Keeps its cookie as a person's browser does; signed in unless told otherwise."""

    def __init__(self, gateway: FakeGateway, *, is_signed_in: bool = True) -> None:
        self.client: FlaskClient = gateway.app.test_client()
        if is_signed_in:
            key = make_operator(gateway.store)
            assert self.sign_in(key).status_code == 303

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        return self.client.get(path, headers=PAGE | (headers or {}))

    def post(self, path: str, data: Any = None, **headers: str) -> TestResponse:
        return self.client.post(path, data=data, headers=PAGE | headers)

    def sign_in(self, key: str, next_page: str = "/console") -> TestResponse:
        token = form_token_of(self.get("/console/sign-in"))
        form = {"key": key, "next": next_page, "form_token": token}
        return self.post("/console/sign-in", form)

    def form_token(self) -> str:
        return form_token_of(self.get("/console/sessions"))
