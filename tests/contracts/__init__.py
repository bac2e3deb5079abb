"""What every implementation of a port must fulfil, the fake as well as the real one.

Each contract is a class of tests; a test module derives from it and brings the fixture that
makes the implementation.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "tests.contracts.arms",
    "tests.contracts.image_store",
    "tests.contracts.images",
    "tests.contracts.intake",
    "tests.contracts.memory",
    "tests.contracts.sorting",
    "tests.contracts.sweeping",
)
