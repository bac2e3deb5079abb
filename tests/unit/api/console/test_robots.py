"""Operators start original robots from the fleet's page."""

from __future__ import annotations

from storage.check_ins import START_LASTS_S
from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import ARM_ID, FakeGateway

START = f"/console/robots/{ARM_ID}/start"


def test_where_no_robot_checks_in_nothing_is_said_of_robots(
    gateway: FakeGateway, browser: Browser
) -> None:
    assert "Original robots" not in browser.get("/console").get_data(as_text=True)


def test_the_button_starts_the_robot_at_its_next_check_in_and_once(
    gateway: FakeGateway, browser: Browser
) -> None:
    gateway.store.check_in(ARM_ID, is_ready=True)
    page = browser.get("/console").get_data(as_text=True)
    assert START in page
    answer = browser.post(START, {"form_token": browser.form_token()})
    assert (answer.status_code, answer.location) == (303, "/console")
    live = browser.get("/console/robots/live").get_data(as_text=True)
    assert "starts at its next check-in" in live
    assert [gateway.store.check_in(ARM_ID, is_ready=True) for _ in range(2)] == [True, False]


def test_a_wish_that_is_void_is_not_shown_any_more(gateway: FakeGateway, browser: Browser) -> None:
    gateway.store.check_in(ARM_ID, is_ready=True)
    browser.post(START, {"form_token": browser.form_token()})
    gateway.store.let_pass(START_LASTS_S + 1)
    live = browser.get("/console/robots/live").get_data(as_text=True)
    assert "starts at its next check-in" not in live


def test_nobody_starts_a_robot_from_elsewhere_or_unseen(
    gateway: FakeGateway, browser: Browser
) -> None:
    gateway.store.check_in(ARM_ID, is_ready=True)
    stranger = Browser(gateway, is_signed_in=False)
    assert stranger.post(START).status_code in {303, 401, 403}
    assert browser.post(START, {"form_token": "0" * 64}).status_code == 403
    assert gateway.store.check_in(ARM_ID, is_ready=True) is False
    unknown = browser.post("/console/robots/x/start", {"form_token": browser.form_token()})
    assert unknown.status_code == 404
