from __future__ import annotations

from typing import Any

import pytest

from sorter.errors import NotFoundError, TransientError
from sorter.types import Arm
from storage.observed import observed
from tests.fakes import FakeStore

Noted = list[tuple[str, Any]]


def make_observed() -> tuple[FakeStore, FakeStore, Noted]:
    store, noted = FakeStore(), Noted()

    def note(name: str, took_s: float, result: Any) -> None:
        assert took_s >= 0
        noted.append((name, result))

    return store, observed(store, note), noted


def test_a_call_does_what_it_did_and_is_told_with_what_came_of_it() -> None:
    store, watched, noted = make_observed()
    assert watched.save_arm(Arm("arm-1"))
    assert store.load_arm("arm-1") == watched.load_arm("arm-1")
    assert noted == [("save_arm", True), ("load_arm", Arm("arm-1"))]


def test_a_call_that_raises_is_told_too_and_raises_on() -> None:
    store, watched, noted = make_observed()
    with pytest.raises(NotFoundError):
        watched.load_session("none")
    store.is_down = True
    with pytest.raises(TransientError):
        watched.load_backlog()
    assert noted == [("load_session", None), ("load_backlog", None)]


def test_what_is_no_method_is_passed_through() -> None:
    store, watched, noted = make_observed()
    store.is_down = True
    assert watched.is_down
    assert noted == []
