from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.api.robot_door.opened import OpenDoor, open_door


@pytest.fixture
def door() -> Iterator[OpenDoor]:
    """A door of the test's own."""
    with open_door() as opened:
        yield opened
