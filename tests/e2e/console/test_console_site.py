"""The console as an operator uses it, in a real browser, on the whole stack."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from cli.stack import LocalStack
from tests.e2e.console.chromium import PHONE, WAIT_MS
from tests.e2e.console.conftest import OpenWindow
from tests.e2e.console.history import make_busy_day
from tests.e2e.robots import Robot, make_robot, photographs
from tests.picture_corpus import CORPUS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

expect.set_options(timeout=WAIT_MS)

BUSY_ARMS = ["BENCH-1", "BENCH-2", "KITTING"]
QUIET_ARM = "DOCK-2"


@pytest.fixture(scope="module")
def busy_day(stack: LocalStack) -> None:
    """A day of sessions that were sorted before anybody looked."""
    make_busy_day(stack.database_url, BUSY_ARMS, QUIET_ARM)


def photograph_all(robot: Robot, session_id: str) -> None:
    for position_pw in robot.pictures:
        robot.post(session_id, position_pw)


def marked(page: Page) -> str:
    """Return the id of the row or tile that the keys have marked."""
    return str(page.evaluate("document.activeElement.closest('[data-row]')?.id ?? ''"))


def test_the_link_of_the_stack_signs_in_and_leaves_no_key_behind(
    stack: LocalStack, stranger: OpenWindow
) -> None:
    with stranger() as window:
        window.page.goto(stack.console_address)
        window.page.wait_for_url("**/console")
        assert "sbo_" not in window.page.url
        expect(window.page.get_by_role("heading", name="Fleet")).to_be_visible()
        window.page.get_by_role("button", name="Sign out").click()
        window.page.wait_for_url("**/console/sign-in")
        window.page.go_back()
        window.page.wait_for_url("**/console/sign-in*")


def test_a_wrong_key_is_refused_and_the_right_one_leads_to_the_page_that_was_asked_for(
    stack: LocalStack, stranger: OpenWindow
) -> None:
    key = stack.console_address.partition("#key=")[2]
    with stranger() as window:
        window.expected.append("401")  # Chromium notes it in its console
        page = window.open("/console/sessions?state=done")
        page.wait_for_url("**/console/sign-in?next=*")
        window.check_accessible()
        page.get_by_label("Operator’s key").fill(f"{key[:-1]}{'A' if key[-1] != 'A' else 'B'}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("No operator has this key")
        window.check_accessible()
        page.get_by_label("Operator’s key").fill(key)
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/sessions?state=done")


def test_the_fleet_follows_a_robot_without_reloading(
    stack: LocalStack, signed_in: OpenWindow, busy_day: None
) -> None:
    with signed_in() as window, make_robot(stack, "LEFT") as robot:
        page = window.open("/console")
        page.evaluate("window.wasNotReloaded = true")
        expect(page.get_by_text(f"{QUIET_ARM} has gone quiet")).to_be_visible()
        tile = page.locator("#arm-LEFT")
        expect(tile).to_contain_text("never")
        session_id = robot.open_session()
        expect(tile).to_contain_text("at work")
        photograph_all(robot, session_id)
        expect(tile).not_to_contain_text("never")
        robot.client.complete_session(session_id)
        expect(tile).to_contain_text("idle", timeout=5 * WAIT_MS)
        expect(page.locator(".needs")).to_contain_text(
            re.compile(r"To hold\s+5 s\s+you need\s+\d+ worker")
        )
        expect(page.locator("#arm-KITTING")).not_to_contain_text(re.compile(r"\b0 pictures"))
        session_id = robot.open_session()
        photograph_all(robot, session_id)
        expect(tile).to_contain_text("at work")
        window.shoot("fleet")
        robot.client.complete_session(session_id)
        assert page.evaluate("window.wasNotReloaded")
        window.check_accessible()
    with signed_in(scheme="dark") as window:
        window.open("/console")
        window.check_accessible()
        window.shoot("fleet-dark")


def test_a_gpu_worker_that_died_is_told_loudly_until_it_is_back(
    stack: LocalStack, signed_in: OpenWindow
) -> None:
    with signed_in() as window:
        page = window.open("/console")
        alarm = page.get_by_text("No GPU worker is up")
        expect(alarm).to_be_hidden()
        stack.supervisor.hold("gpu-worker", is_asked=False)  # dead, and not started again at once
        expect(alarm).to_be_visible()
        window.check_accessible()
        window.shoot("alarm")
        stack.supervisor.start_now("gpu-worker")
        expect(alarm).to_be_hidden(timeout=5 * WAIT_MS)


def test_the_history_is_searched_turned_and_walked_by_keys(
    signed_in: OpenWindow, busy_day: None
) -> None:
    with signed_in() as window:
        page = window.open("/console/sessions")
        window.check_accessible()
        window.shoot("sessions")
        page.get_by_role("link", name="Older").click()
        page.wait_for_url("**before=*")
        page.get_by_role("link", name="Newest").click()
        page.get_by_label("Arm").select_option("KITTING")
        page.get_by_label("State").select_option("failed")
        page.get_by_role("button", name="Search").click()
        page.wait_for_url("**arm=KITTING*")
        rows = page.locator("tbody tr")
        assert rows.count() >= 1
        for row in rows.all():
            expect(row).to_contain_text("KITTING")
            expect(row).to_contain_text("failed")
        page.keyboard.press("j")
        first = marked(page)
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert marked(page) == first == page.locator("[data-row]").first.get_attribute("id")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        window.check_accessible()
        page.keyboard.press("Escape")
        page.keyboard.press("Space")
        page.wait_for_url(f"**/console/sessions/{first.removeprefix('s-')}")


@pytest.mark.parametrize("path", ["", "/sessions", "/try"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    signed_in: OpenWindow, busy_day: None, path: str, scheme: str
) -> None:
    with signed_in(size=PHONE, scheme=scheme) as window:
        window.open(f"/console{path}")
        assert window.fits_window()
        window.check_accessible()
        if (path, scheme) == ("", "light"):
            window.shoot("phone")


def test_a_picture_is_tried_and_the_slider_filters_its_boxes_at_once(
    signed_in: OpenWindow,
) -> None:
    picture = {
        "name": "table.jpg",
        "mimeType": "image/jpeg",
        "buffer": photographs()[1600.0],
    }
    with signed_in() as window:
        page = window.open("/console/try")
        window.check_accessible()
        page.set_input_files("#file", picture)
        page.wait_for_url(re.compile(r"/console/try/[0-9a-f]{32}$"))
        expect(page.locator("#state")).to_have_text("detected", timeout=5 * WAIT_MS)
        n_found = int(page.inner_text("#found"))
        assert (
            n_found == page.locator("#boxes rect").count() == page.locator("#list tbody tr").count()
        )
        assert n_found >= 5
        page.keyboard.press("j")
        expect(page.locator("#boxes .is-marked")).to_have_count(1)
        window.check_accessible()
        window.shoot("try")
        scores = [float(text) for text in page.locator("#list td.number").all_inner_texts()]
        page.locator("#least").fill("1")
        kept = [score for score in scores if score >= 0.9995]
        assert page.locator("#boxes rect").count() <= len(kept)
        page.locator("#least").fill("0.2")
        assert page.locator("#boxes rect").count() == n_found
    with signed_in(size=PHONE, scheme="dark") as phone:
        phone.page.goto(page.url)
        expect(phone.page.locator("#state")).to_have_text("detected")
        assert phone.fits_window()
        phone.check_accessible()


def test_a_broken_picture_says_why_whoever_finds_out(signed_in: OpenWindow) -> None:
    torn = CORPUS["a PNG of too few rows"]
    with signed_in() as window:
        window.expected.append("415")  # Chromium notes it in its console
        page = window.open("/console/try")
        page.set_input_files(
            "#file", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"GIF89a no picture"}
        )
        expect(page.get_by_role("alert")).to_contain_text("neither a JPEG nor a PNG")
        window.check_accessible()
        page.set_input_files(
            "#file", {"name": "b.png", "mimeType": "image/png", "buffer": torn.make()}
        )
        page.wait_for_url(re.compile(r"/console/try/[0-9a-f]{32}$"))
        expect(page.locator("#state")).to_have_text("failed", timeout=5 * WAIT_MS)
        assert page.inner_text("#why")
        window.check_accessible()


def test_a_page_whose_gateway_is_away_says_so_and_goes_on_when_it_is_back(
    signed_in: OpenWindow,
) -> None:
    with signed_in() as window:
        window.expected.append("ERR_INTERNET_DISCONNECTED")
        page = window.open("/console")
        page.context.set_offline(True)
        expect(page.get_by_text("The gateway does not answer")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_text("The gateway does not answer")).to_be_hidden()
