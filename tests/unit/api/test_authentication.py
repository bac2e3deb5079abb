from __future__ import annotations

import pytest

from api.keys import ARM_KEYS
from tests.unit.api.gateway import ARM_ID, FakeGateway, problem_of

CLOSED = [
    ("PUT", f"/arms/{ARM_ID}"),
    ("POST", "/sessions"),
    ("GET", f"/sessions/{'0' * 32}"),
    ("POST", f"/sessions/{'0' * 32}/images/1500"),
    ("POST", f"/sessions/{'0' * 32}/complete"),
    ("GET", f"/sessions/{'0' * 32}/commands"),
    ("GET", f"/sessions/{'0' * 32}/events"),
    ("POST", f"/sessions/{'0' * 32}/outcomes"),
]
OPEN = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/start.js"]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_key_nothing_is_served(gateway: FakeGateway, method: str, path: str) -> None:
    response = gateway.client.open(path, method=method)
    problem_of(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", OPEN)
def test_what_shows_nothing_of_a_session_needs_no_key(gateway: FakeGateway, path: str) -> None:
    assert gateway.client.get(path).status_code == 200


def test_every_route_is_either_open_or_asks_for_a_key(gateway: FakeGateway) -> None:
    rules = {rule.rule for rule in gateway.app.url_map.iter_rules()}
    rules -= {rule for rule in rules if rule.startswith("/console")}  # walked by its own tests
    closed = {
        rule.rule
        for rule in gateway.app.url_map.iter_rules()
        if rule.rule.startswith(("/arms", "/sessions"))
    }
    assert rules - closed == {*OPEN, "/docs/assets/<path:filename>"}
    assert len(closed) == 8


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer sb_nonsense",
        "Basic c2I6a2V5",
        pytest.param(f"Bearer {ARM_KEYS.make().text}", id="a key that nobody made"),
        "Bearer sb_" + "0" * 12 + "_" + "\u00e9" * 43,
    ],
)
def test_a_header_that_proves_nothing_opens_nothing(
    gateway: FakeGateway, authorization: str
) -> None:
    response = gateway.client.get(
        f"/sessions/{gateway.open_session()}", headers={"Authorization": authorization}
    )
    problem_of(response, 401, "unauthenticated")


def test_a_known_key_id_with_another_secret_opens_nothing(gateway: FakeGateway) -> None:
    key_id = gateway.headers["Authorization"].split("_")[1]
    forged = f"sb_{key_id}_{ARM_KEYS.make().text.split('_', 2)[2]}"
    session_id = gateway.open_session()
    response = gateway.client.get(
        f"/sessions/{session_id}", headers={"Authorization": f"Bearer {forged}"}
    )
    problem_of(response, 401, "unauthenticated")


def test_the_scheme_may_be_written_in_any_case(gateway: FakeGateway) -> None:
    text = gateway.headers["Authorization"].split()[1]
    response = gateway.client.get(
        f"/sessions/{gateway.open_session()}", headers={"Authorization": f"bearer  {text}"}
    )
    assert response.status_code == 200


def test_a_revoked_key_stops_working_within_seconds(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.store.revoke_key(gateway.headers["Authorization"].split("_")[1])
    gateway.clock.sleep(2.0)
    problem_of(gateway.get(f"/sessions/{session_id}"), 401, "unauthenticated")


def test_a_key_is_not_looked_up_for_every_request(gateway: FakeGateway) -> None:
    asked = []
    load_key = gateway.store.load_key
    gateway.store.load_key = lambda key_id: (asked.append(key_id), load_key(key_id))[1]  # type: ignore[method-assign]
    session_id = gateway.open_session()
    for _ in range(5):
        gateway.get(f"/sessions/{session_id}")
    assert len(asked) == 1


def test_a_new_key_works_at_once_even_after_somebody_guessed_it(gateway: FakeGateway) -> None:
    key = ARM_KEYS.make()
    headers = {"Authorization": f"Bearer {key.text}"}
    session_id = gateway.open_session()
    assert gateway.client.get(f"/sessions/{session_id}", headers=headers).status_code == 401
    gateway.store.save_key(key.key_id, ARM_ID, key.secret_sha256)
    assert gateway.client.get(f"/sessions/{session_id}", headers=headers).status_code == 200


def test_while_keys_cannot_be_looked_up_nobody_is_told_that_theirs_is_wrong() -> None:
    gateway = FakeGateway()
    gateway.store.is_down = True
    problem_of(gateway.get(f"/sessions/{'0' * 32}"), 503, "unavailable")
