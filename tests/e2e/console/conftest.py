"""The console of the shared stack, and browsers to look at it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest
from playwright.sync_api import Browser, sync_playwright

from cli.stack import LocalStack
from tests.e2e.console.chromium import Watched, find_chromium, watched

WITHOUT_CHROMIUM = "no Chromium is installed; the distribution's package `chromium` will do"

OpenWindow = Callable[..., AbstractContextManager[Watched]]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser without a screen."""
    executable = find_chromium()
    if executable is None:
        pytest.skip(WITHOUT_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stranger(chromium: Browser, stack: LocalStack) -> OpenWindow:
    """Opens windows in which nobody is signed in: ``with stranger() as window``."""
    return partial(watched, chromium, stack.gateway_url)


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, stack: LocalStack) -> OpenWindow:
    """Opens windows in which an operator is signed in; takes ``size`` and ``scheme``."""
    with watched(chromium, stack.gateway_url) as window:
        window.page.goto(stack.console_address)
        window.page.wait_for_url("**/console")
        state = window.page.context.storage_state()
    return partial(watched, chromium, stack.gateway_url, state=state)
