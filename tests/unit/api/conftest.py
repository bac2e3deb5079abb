from __future__ import annotations

import pytest

from tests.unit.api.gateway import FakeGateway


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()
