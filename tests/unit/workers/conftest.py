from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def log_records() -> Iterator[list[Any]]:
    """What the logic under test logs, kept from the terminal."""
    with capture_logs() as records:
        yield records
