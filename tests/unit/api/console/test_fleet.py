"""The fleet's page says what the rows say."""

from __future__ import annotations

import re

from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import ARM_ID, FakeGateway


def text_of(browser: Browser, path: str = "/console") -> str:
    """Return a page's words, without its tags."""
    page = browser.get(path)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)).split())


def beat(gateway: FakeGateway) -> None:
    gateway.store.beat("worker", "gpu")
    gateway.store.beat("sorter", "sort")


def test_an_arms_tile_leads_to_its_sessions_and_shows_its_day(gateway, browser):
    beat(gateway)
    gateway.finish_session()
    page = browser.get("/console").get_data(as_text=True)
    assert f'href="/console/sessions?arm={ARM_ID}"' in page
    assert "Last 24 hours: 1 pictures, at most 1 an hour, 0 failed" in page
    assert page.count('<rect class="bar"') == 1
    assert "idle" in page


def test_without_workers_the_page_says_so_and_stops_when_there_are_some(gateway, browser):
    session_id = gateway.open_session()
    gateway.post_image(session_id)
    assert "No GPU worker is up Nothing is lost: 1 picture waits for one." in text_of(browser)
    beat(gateway)
    gateway.clock.sleep(2)
    assert "No GPU worker" not in text_of(browser)


def test_a_robot_that_opened_a_session_and_sends_nothing_has_gone_quiet(gateway, browser):
    gateway.open_session()
    gateway.store.let_pass(61)
    beat(gateway)
    assert f"{ARM_ID} has gone quiet" in text_of(browser)
    assert f"{ARM_ID} has gone quiet" in text_of(browser, "/console/fleet/alarms")


def test_a_broker_that_is_down_is_told_and_the_rest_is_shown(gateway, browser):
    beat(gateway)
    gateway.queue.is_down = True
    assert "The broker does not answer" in text_of(browser)
    assert ARM_ID in text_of(browser)


def test_the_sentence_names_the_wait_that_was_chosen(gateway, browser):
    beat(gateway)
    gateway.finish_session()
    for hold in ("1", "30"):
        said = text_of(browser, f"/console?hold={hold}")
        assert f"To hold {hold} s you need 1 worker (now 1)." in said
    assert "To hold 5 s you need" in text_of(browser, "/console?hold=nonsense")


def test_many_open_pages_ask_the_rows_once_a_second(gateway, browser):
    beat(gateway)
    text_of(browser)
    gateway.finish_session()
    assert "0 pictures" in text_of(browser)
    gateway.clock.sleep(61)
    assert "1 picture" in text_of(browser)


def test_an_arms_name_cannot_write_into_the_page(gateway, browser):
    gateway.make_key_headers("<script>alert(1)</script>")
    assert "<script>alert" not in browser.get("/console").get_data(as_text=True)
