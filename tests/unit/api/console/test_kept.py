"""What is dear to look up is looked up once, and nobody waits for it for ever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.console.state import Kept
from sorter.errors import TransientError
from tests.unit.api.clock import FakeClock


def test_it_is_looked_up_again_only_when_it_is_too_old() -> None:
    clock, looks = FakeClock(), iter(range(10))
    kept = Kept(lambda: next(looks), clock, for_s=5)
    assert [kept.get(), kept.get()] == [0, 0]
    clock.sleep(4.9)
    assert kept.get() == 0
    clock.sleep(0.2)
    assert [kept.get(), kept.get()] == [1, 1]


def test_many_threads_look_once() -> None:
    looks = []
    kept = Kept(lambda: looks.append(1), FakeClock(), for_s=5, patience_s=60)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kept.get(), range(50)))
    assert len(looks) == 1


def test_an_error_is_told_and_not_kept() -> None:
    answers = iter([TransientError("away"), 7])

    def look() -> int:
        answer = next(answers)
        if isinstance(answer, TransientError):
            raise answer
        return answer

    kept = Kept(look, FakeClock(), for_s=5)
    with pytest.raises(TransientError):
        kept.get()
    assert kept.get() == 7


def test_who_waits_for_somebody_that_hangs_gives_up() -> None:
    is_looking, may_go_on = threading.Event(), threading.Event()

    def hang() -> int:
        is_looking.set()
        may_go_on.wait(60)
        return 1

    kept = Kept(hang, FakeClock(), for_s=5, patience_s=0.01)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kept.get)
        assert is_looking.wait(60)
        with pytest.raises(TransientError):
            kept.get()
        may_go_on.set()
        assert first.result() == 1
    assert kept.get() == 1
