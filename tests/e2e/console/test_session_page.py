"""The page of one session in a real browser, before a stack that works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cli.stack import LocalStack
from cli.stack_folder import load_connection
from storage.records import Document
from tests.e2e.console.chromium import PHONE, WAIT_MS, Watched
from tests.e2e.console.conftest import OpenWindow
from tests.e2e.console.session_robot import BROKEN_PW, POSITIONS_PW, make_full_robot

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

expect.set_options(timeout=WAIT_MS)

SORTED_MS = 300_000
SLIDE = "(s, value) => { s.value = value; s.dispatchEvent(new Event('input')); }"
SHIPPED = Path(__file__).parents[3] / "vision" / "packages" / "detector"


def await_drawn(page: Page, *states: str) -> None:
    """Wait until the page has drawn the session in one of these states."""
    expect(page.locator("#session")).to_have_attribute(
        "data-drawn", re.compile("|".join(states)), timeout=SORTED_MS
    )


@pytest.fixture(scope="module")
def partial_session(stack: LocalStack, signed_in: OpenWindow) -> Iterator[str]:
    """A session of which one picture is broken, watched from its opening to its end."""
    with make_full_robot(stack, "CONSOLE") as robot, signed_in() as window:
        session_id = robot.open_session(len(POSITIONS_PW) + 1)
        page = window.open(f"/console/sessions/{session_id}")
        await_drawn(page, "open")
        page.evaluate("window.wasNotLoadedAgain = true")
        expect(page.locator("#why")).to_contain_text("waits for more pictures: 0 of 6")
        for position_pw in POSITIONS_PW:
            robot.post(session_id, position_pw)
        expect(page.locator(".shot")).to_have_count(len(POSITIONS_PW))
        expect(page.locator("#why")).to_contain_text("5 of 6 have come")
        robot.post(session_id, BROKEN_PW)
        await_drawn(page, "partial")
        assert page.evaluate("window.wasNotLoadedAgain"), "the page was loaded anew"
        expect(page.locator("#state")).to_have_text("partial")
        robot.client.report_outcomes(session_id, [{"command": 0, "result": "picked"}])
        yield session_id


def test_a_session_shows_from_open_to_done_what_became_of_it(
    partial_session: str, signed_in: OpenWindow, stack: LocalStack
) -> None:
    plan = stack.store.load_plan(partial_session)
    assert plan is not None
    with signed_in() as window:
        page = window.open(f"/console/sessions/{partial_session}")
        await_drawn(page, "partial")
        page.wait_for_load_state("networkidle")
        check_failed_picture(page)
        check_table(page, plan)
        check_commands(page, plan, window)
        check_merged(page)
        check_clusters(page, plan)
        check_times(page)
        window.check_accessible()
        page.set_viewport_size({"width": 1280, "height": 1180})
        page.evaluate("scrollTo(0, 0)")
        window.shoot("session")
        page.locator("#clusters-section").evaluate("part => part.scrollIntoView()")
        page.evaluate("scrollBy(0, -80)")
        window.shoot("session-clusters")


def check_failed_picture(page: Page) -> None:
    failed = page.locator(".shot[data-state=failed]")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text(f"{BROKEN_PW:g}")
    assert failed.locator(".shot-failure").inner_text()


def check_table(page: Page, plan: Document) -> None:
    table = page.locator("svg.map")
    expect(table.locator(".item")).to_have_count(len(plan["items"]))
    expect(table.locator(".container")).to_have_count(len(plan["containers"]))
    numbers = table.locator(".order text").all_text_contents()
    assert [int(text) for text in numbers] == list(range(1, len(plan["commands"]) + 1))
    drawn = table.locator("image")
    address = drawn.get_attribute("href")
    picture = page.request.get(f"{page.url.split('/console')[0]}{address}")
    assert picture.headers["content-type"] == "image/jpeg"
    page.get_by_label("Arrows").uncheck()
    expect(table.locator(".layer-arrows")).not_to_be_visible()
    page.get_by_label("Arrows").check()


def check_commands(page: Page, plan: Document, window: Watched) -> None:
    expect(page.locator("#commands tbody tr")).to_have_count(len(plan["commands"]))
    expect(page.locator("#commands tbody tr").first).to_contain_text("picked")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download JSON").click()
    assert json.loads(download.value.path().read_text()) == plan


def check_merged(page: Page) -> None:
    pair = page.locator(".merged-thing").first
    assert pair.locator(".crop image").count() >= 2
    limits = page.locator(".merged-thing li.is-merged").all_text_contents()
    measured = [match for text in limits if (match := re.search(r"µs(\d+) of (\d+) px", text))]
    assert measured
    assert all(int(match[1]) <= int(match[2]) for match in measured)


def check_clusters(page: Page, plan: Document) -> None:
    tiles = page.locator(".mosaic li")
    expect(tiles).to_have_count(len(plan["commands"]))
    for cluster in page.locator(".mosaic").all():
        likeness = [float(text) for text in cluster.locator("span.muted").all_text_contents()]
        assert likeness == sorted(likeness), "the odd ones come first"


def check_times(page: Page) -> None:
    stages = page.locator(".stages div").all_inner_texts()
    assert [text.split("\n")[0] for text in stages] == [
        *("Upload", "Wait", "Decode", "Detect", "Merge", "Embed", "Cluster", "Plan")
    ]
    assert not any("–" in text for text in stages), stages
    assert page.locator(".gantt .part-detect").count() == len(POSITIONS_PW)


def test_the_slider_filters_pictures_and_text_at_once(
    partial_session: str, signed_in: OpenWindow
) -> None:
    with signed_in() as window:
        page = window.open(f"/console/sessions/{partial_session}")
        await_drawn(page, "partial")
        scores = page.locator("#boxes [data-score]").evaluate_all(
            "rows => rows.map(row => Number(row.dataset.score))"
        )
        assert scores
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for least in (0.5, 0.95, 1.0, 0.0):
            page.locator("#confidence").evaluate(SLIDE, least)
            wanted = sum(score >= least for score in scores)
            expect(page.locator("#boxes [data-score]:not(.is-off)")).to_have_count(wanted)
            expect(page.locator("#pictures [data-score]:not(.is-off)")).to_have_count(wanted)
            expect(page.locator("#shown-boxes")).to_contain_text(f"{wanted} of {len(scores)}")
        assert asked == []


def test_keys_walk_the_pictures_and_space_shows_one_large(
    partial_session: str, signed_in: OpenWindow
) -> None:
    with signed_in(scheme="dark") as window:
        page = window.open(f"/console/sessions/{partial_session}")
        await_drawn(page, "partial")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press(" ")
        expect(page.locator("#viewer")).to_be_visible()
        expect(page.locator("#viewer-title")).to_have_text(f"Picture at {POSITIONS_PW[1]:g} µs")
        page.keyboard.press("Escape")
        expect(page.locator("#viewer")).not_to_be_visible()
        page.wait_for_load_state("networkidle")
        window.check_accessible()
        window.shoot("session-dark")


def test_a_session_fits_a_phone(partial_session: str, signed_in: OpenWindow) -> None:
    with signed_in(size=PHONE) as window:
        page = window.open(f"/console/sessions/{partial_session}")
        await_drawn(page, "partial")
        page.wait_for_load_state("networkidle")
        assert window.fits_window()
        window.check_accessible()
        window.shoot("session-phone")


@pytest.fixture
def replays(stack: LocalStack, tmp_path: Path) -> Iterator[None]:
    """A process that serves replays, with one package beside the workers' own."""
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "same-again").symlink_to(SHIPPED)
    serving = subprocess.Popen(
        [sys.executable, "-m", "workers.replay_server"],
        cwd=Path(__file__).parents[3],
        env={
            **os.environ,
            **load_connection(stack.folder),
            "SORTERBOT_REPLAY_PACKAGES": str(packages),
        },
    )
    yield
    serving.terminate()
    assert serving.wait(60) == 0


@pytest.mark.usefixtures("replays")
def test_a_replay_says_what_changes_and_changes_nothing(
    partial_session: str, signed_in: OpenWindow, stack: LocalStack
) -> None:
    before = stack.store.load_plan(partial_session)
    assert before is not None
    with signed_in() as window:
        page = window.open(f"/console/sessions/{partial_session}")
        await_drawn(page, "partial")
        for name, state in (("same-again", "done"), ("none-such", "failed")):
            page.get_by_label("Detector package").fill(name)
            page.get_by_role("button", name="Replay").click()
            shown = page.locator(".replay").first
            expect(shown).to_contain_text(name)
            expect(shown).to_have_attribute("data-state", state, timeout=SORTED_MS)
        expect(shown).to_contain_text("there are: same-again")
        kept = page.locator(".replay").nth(1).locator(".counts li").first
        expect(kept).to_have_text(f"{len(before['commands'])} items as they were")
        page.locator("#replays-section").scroll_into_view_if_needed()
        window.check_accessible()
    assert stack.store.load_plan(partial_session) == before
