from __future__ import annotations

from typing import Protocol

import pytest

from cli.faults.unreliable_store import (
    AnswerLostError,
    NotHeardError,
    methods_of,
    unreliable_images,
    unreliable_store,
)
from sorter.errors import TransientError
from storage.ports import ImageStore, Store
from storage.records import SessionState
from tests.factories import make_session
from tests.fake_store import FakeImageStore, FakeStore


class Struck:
    """Notes the calls; raises before or after one method."""

    def __init__(self, before: str = "", after: str = "") -> None:
        self.calls: list[tuple[str, str]] = []
        self._raising = {("before", before): NotHeardError, ("after", after): AnswerLostError}

    def before(self, method: str) -> None:
        self._note("before", method)

    def after(self, method: str) -> None:
        self._note("after", method)

    def _note(self, when: str, method: str) -> None:
        self.calls.append((when, method))
        if (when, method) in self._raising:
            raise self._raising[when, method](method)


def test_every_method_that_the_port_names_is_struck_and_nothing_passes_by() -> None:
    store = unreliable_store(FakeStore(), Struck())
    has = {name for name in dir(store) if not name.startswith("_")}
    assert has == set(methods_of(Store))
    images = unreliable_images(FakeImageStore(), Struck())
    assert {name for name in dir(images) if not name.startswith("_")} == set(methods_of(ImageStore))


def test_a_method_that_a_port_gets_later_is_found_without_being_named() -> None:
    class Grown(Store, Protocol):
        def forget_everything(self) -> None: ...

    assert set(methods_of(Grown)) - set(methods_of(Store)) == {"forget_everything"}


def test_what_was_not_heard_changed_nothing() -> None:
    store = FakeStore()
    session_id = make_session(store).session_id
    with pytest.raises(NotHeardError):
        unreliable_store(store, Struck(before="seal_session")).seal_session(session_id)
    assert store.load_session(session_id).state is SessionState.OPEN


def test_what_lost_its_answer_was_changed() -> None:
    store = FakeStore()
    session_id = make_session(store).session_id
    with pytest.raises(AnswerLostError):
        unreliable_store(store, Struck(after="seal_session")).seal_session(session_id)
    assert store.load_session(session_id).state is SessionState.SEALED


def test_callers_meet_both_as_what_a_service_raises_that_does_not_answer() -> None:
    assert issubclass(NotHeardError, TransientError)
    assert issubclass(AnswerLostError, TransientError)


def test_an_error_of_the_service_itself_is_not_struck_again() -> None:
    store, strikes = FakeStore(), Struck(after="load_session")
    store.is_down = True
    with pytest.raises(TransientError, match="told to be down"):
        unreliable_store(store, strikes).load_session("none")
    assert strikes.calls == [("before", "load_session")]
