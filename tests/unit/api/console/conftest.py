from __future__ import annotations

import pytest

from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import FakeGateway


@pytest.fixture
def browser(gateway: FakeGateway) -> Browser:
    """A browser that is signed in."""
    return Browser(gateway)
