"""The memory without a database: passes the same contract tests as the one in PostgreSQL."""

from __future__ import annotations

from tests.fake_store.check_ins import FakeCheckIns
from tests.fake_store.figures import FakeFigures
from tests.fake_store.images import FakeImageStore
from tests.fake_store.operators import FakeOperators
from tests.fake_store.overview import FakeOverview
from tests.fake_store.quarantine import FakeQuarantine
from tests.fake_store.session_view import FakeSessionView
from tests.fake_store.sweeping import FakeSweeping

__all__ = ["FakeImageStore", "FakeStore"]


class FakeStore(
    FakeFigures,
    FakeSweeping,
    FakeQuarantine,
    FakeOperators,
    FakeSessionView,
    FakeCheckIns,
    FakeOverview,
):
    """A :class:`storage.ports.Store` in memory, with a clock that the test moves.

    ``let_pass`` moves the clock. ``is_down`` makes every call end like one that the database
    did not answer.
    """
