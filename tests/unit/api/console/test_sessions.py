"""The history is searched, filtered, and turned page by page."""

from __future__ import annotations

import re

import pytest

from api.console.sessions_page import N_ROWS
from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import ARM_ID


def listed(browser: Browser, address: str = "/console/sessions") -> list[str]:
    """Return the ids of the sessions that a page lists, in their order."""
    page = browser.get(address)
    assert page.status_code == 200, page.get_data(as_text=True)
    return re.findall(r'id="s-([0-9a-f]{32})"', page.get_data(as_text=True))


def older_than(browser: Browser, address: str) -> str | None:
    link = re.search(r'rel="next" href="([^"]*)"', browser.get(address).get_data(as_text=True))
    return link[1].replace("&amp;", "&") if link else None


def test_turning_the_pages_shows_every_session_once_the_newest_first(gateway, browser):
    made = [gateway.open_session() for _ in range(2 * N_ROWS + 1)][::-1]
    seen, address = [], "/console/sessions"
    while address:
        seen += listed(browser, address)
        address = older_than(browser, address)
    assert seen == made


def test_a_full_last_page_has_no_older_one(gateway, browser):
    for _ in range(N_ROWS):
        gateway.open_session()
    assert older_than(browser, "/console/sessions") is None


def test_the_filter_stays_while_pages_are_turned(gateway, browser):
    gateway.finish_session()
    for _ in range(N_ROWS + 1):
        gateway.open_session()
    address = older_than(browser, f"/console/sessions?state=open&arm={ARM_ID}")
    assert len(listed(browser, address)) == 1
    assert "state=open" in address


def test_sessions_are_found_by_the_beginning_of_their_id_by_arm_state_and_day(gateway, browser):
    done, opened = gateway.finish_session(), gateway.open_session()
    day = gateway.store.load_session(done).opened_at.date()
    for query, found in {
        f"id={done[:31].upper()}": [done, opened],
        f"id=+{done}+": [done],
        "state=done": [done],
        "state=open&arm=": [opened],
        "arm=another": [],
        f"from={day}&to={day}": [opened, done],
        "to=2000-01-01": [],
    }.items():
        assert sorted(listed(browser, f"/console/sessions?{query}")) == sorted(found), query


@pytest.mark.parametrize(
    "query",
    ["state=nonsense", "from=yesterday", "id=%00", "to=2026-02-30", "to=9999-12-31"],
)
def test_what_makes_no_sense_is_refused_rather_than_left_out(browser, query):
    assert browser.get(f"/console/sessions?{query}").status_code == 422


@pytest.mark.parametrize(
    "words", ["_scheme=javascript&_external=1", "endpoint=x", "_method=POST", "_anchor=x"]
)
def test_an_address_puts_no_words_of_its_own_into_the_pages_links(gateway, browser, words):
    for _ in range(N_ROWS + 1):
        gateway.open_session()
    assert older_than(browser, f"/console/sessions?{words}") == older_than(
        browser, "/console/sessions"
    )


def test_a_page_after_a_session_that_is_gone_is_not_found(browser):
    assert browser.get(f"/console/sessions?before={'0' * 32}").status_code == 404


def test_only_the_first_page_keeps_itself_up_to_date(gateway, browser):
    sessions = [gateway.open_session() for _ in range(2)]
    assert "data-live=" in browser.get("/console/sessions").get_data(as_text=True)
    page = browser.get(f"/console/sessions?before={sessions[1]}").get_data(as_text=True)
    assert "data-live=" not in page
    assert "Newest" in page


def test_each_session_says_why_it_is_not_done(gateway, browser):
    gateway.open_session(expected_images=3)
    assert "It waits for more pictures: 0 of 3 have come" in browser.get(
        "/console/sessions"
    ).get_data(as_text=True)
