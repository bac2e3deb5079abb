"""A real browser at the console, which remembers whatever it should not have said or asked."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
SCREENSHOTS = "SORTERBOT_SCREENSHOTS"
"""Names the folder that screenshots are written to; without it, none are."""

DESKTOP = (1280, 860)
PHONE = (390, 844)
GRAVE = {"serious", "critical"}
WAIT_MS = 60_000.0
"""A busy machine is slow without being wrong."""


def find_chromium() -> str | None:
    """Return where a Chromium is installed."""
    return next(filter(None, map(shutil.which, EXECUTABLES)), None)


@dataclass
class Watched:
    """A page of the console, and what was wrong with it.

    Attributes:
        complaints: What its scripts said as errors, threw, or asked of other hosts.
        expected: Parts of complaints that a test provokes on purpose.
    """

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"threw {error}"))
        self.page.on("request", self._note_request)

    def open(self, path: str) -> Page:
        """Go to a page of the console."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def check(self) -> None:
        """Make sure that the page neither complained nor asked another host for anything."""
        left = [one for one in self.complaints if not any(part in one for part in self.expected)]
        assert left == []

    def check_accessible(self) -> None:
        """Make sure that axe-core finds no serious fault in the page as it is now."""
        found = Axe().run(self.page).response["violations"]
        grave = [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]
        assert grave == []

    def shoot(self, name: str, *, is_whole: bool = False) -> None:
        """Write a screenshot for the documentation, where somebody asked for them."""
        folder = os.environ.get(SCREENSHOTS)
        if folder is not None:
            png = self.page.screenshot(full_page=is_whole)
            save_small(png, Path(folder) / f"console-{name}.png")

    def fits_window(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"said {message.text}")

    def _note_request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.complaints.append(f"asked {request.url}")


@contextmanager
def watched(
    browser: Browser,
    url: str,
    *,
    state: dict[str, object] | None = None,
    size: tuple[int, int] = DESKTOP,
    scheme: str = "light",
) -> Iterator[Watched]:
    """Open a window of its own; ``state`` holds the cookies of somebody who is signed in."""
    context = browser.new_context(
        storage_state=state,  # type: ignore[arg-type]  # what another context gave
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
        reduced_motion="reduce",
    )
    try:
        window = Watched(context.new_page(), url)
        yield window
        window.check()
    finally:
        context.close()


def save_small(png: bytes, path: Path) -> None:
    """Write a picture with 256 colours, which halves it and is not seen on a page."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(256).save(path, optimize=True)
