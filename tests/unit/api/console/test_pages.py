"""What holds for every page of the console."""

from __future__ import annotations

import re

import pytest

PAGES = ["/console", "/console/sessions", "/console/try", "/console/sign-in", "/console/nothing"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_and_no_style_but_files_of_ours(browser, path):
    page = browser.get(path)
    text = page.get_data(as_text=True)
    policy = dict(
        part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text)
    assert all(re.search(r"\ssrc=", tag) for tag in re.findall(r"<script[^>]*>", text))
    for address in re.findall(r'(?:src|href|action)="([^"]*)"', text):
        assert address.startswith(("/console", "#"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_kept_by_nobody_and_framed_by_nobody(browser, path):
    headers = browser.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_that_does_not_exist_says_so_as_a_page(browser):
    page = browser.get("/console/nothing")
    assert page.status_code == 404
    assert "There is no such page." in page.get_data(as_text=True)


def test_what_pages_load_is_served_to_strangers_and_checked_anew_each_time(gateway):
    for name, kind in (("console.css", "text/css"), ("console.js", "text/javascript")):
        file = gateway.client.get(f"/console/static/{name}")
        assert file.status_code == 200
        assert file.mimetype == kind
        assert file.headers["Cache-Control"] == "no-cache"
        file.close()
        tag = {"If-None-Match": file.headers["ETag"]}
        with gateway.client.get(f"/console/static/{name}", headers=tag) as again:
            assert again.status_code == 304


def test_the_console_is_no_part_of_the_robots_interface(gateway):
    paths = gateway.client.get("/openapi.json").get_json()["paths"]
    assert not [path for path in paths if "console" in path]
