"""An original robot's pictures before and after stand side by side."""

from __future__ import annotations

import re

from storage.records import Outcome, SessionRecord
from storage.robot_sessions import RobotSession
from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import ARM_ID, FakeGateway

BEFORE = RobotSession("S12")


def open_named(gateway: FakeGateway, called: RobotSession, *, is_over: bool) -> SessionRecord:
    headers = {**gateway.headers, "Idempotency-Key": called.key}
    opened = gateway.client.post("/sessions", json={"arm_id": ARM_ID}, headers=headers)
    session_id = opened.get_json()["session_id"]
    gateway.post_image(session_id)
    if is_over:
        gateway.post(f"/sessions/{session_id}/complete")
        gateway.detect(session_id)
        gateway.sort(session_id)
    return gateway.store.load_session(session_id)


def words(browser: Browser, session: SessionRecord, part: str = "") -> tuple[str, list[str]]:
    page = browser.get(f"/console/sessions/{session.session_id}{part}")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    shown = re.findall(r'src="/console/sessions/([0-9a-f]{32})/table\.jpg', text)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split()), shown


def test_both_sides_are_shown_on_either_page_with_what_became_of_the_commands(
    gateway: FakeGateway, browser: Browser
) -> None:
    before, after = (open_named(gateway, called, is_over=True) for called in (BEFORE, BEFORE.after))
    gateway.store.save_outcomes(before.session_id, [Outcome(0, "missed", None)])
    for session in (before, after):
        text, shown = words(browser, session)
        assert shown == [before.session_id, after.session_id]
        assert "The robot calls this session S12. 1 command missed." in text


def test_a_side_that_is_not_read_yet_is_waited_for(gateway: FakeGateway, browser: Browser) -> None:
    before = open_named(gateway, BEFORE, is_over=True)
    after = open_named(gateway, BEFORE.after, is_over=False)
    text, shown = words(browser, after, "/before-after")
    assert shown == [before.session_id]
    assert "After them 1 picture; open" in text


def test_without_pictures_after_nothing_is_said(gateway: FakeGateway, browser: Browser) -> None:
    before = open_named(gateway, BEFORE, is_over=True)
    open_named(gateway, RobotSession("S13").after, is_over=True)
    open_named(gateway, RobotSession("S12", 11).after, is_over=True)
    assert "Before and after" not in words(browser, before)[0]


def test_a_session_that_no_robot_named_has_no_sides(gateway: FakeGateway, browser: Browser) -> None:
    session_id = gateway.finish_session()
    assert "Before and after" not in words(browser, gateway.store.load_session(session_id))[0]
    assert browser.get(f"/console/sessions/{session_id}/before-after").status_code == 404
