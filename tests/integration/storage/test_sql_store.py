"""The SQL store keeps the contract on a real PostgreSQL."""

from __future__ import annotations

import pytest

from tests.contracts.store import StoreContract

pytestmark = pytest.mark.services


class TestSqlStore(StoreContract):
    pass
