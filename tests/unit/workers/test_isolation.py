from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.isolation import Isolation

SOON_S = 20


@contextmanager
def working(enter: Callable[[], object], threads: ThreadPoolExecutor) -> Iterator[Future[None]]:
    """Hold a place in another thread while the body runs."""
    has_begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        with enter():  # type: ignore[attr-defined]  # one of the two context managers
            has_begun.set()
            assert may_end.wait(SOON_S)

    future = threads.submit(work)
    assert has_begun.wait(SOON_S)
    try:
        yield future
    finally:
        may_end.set()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def enters(enter: Callable[[], object], threads: ThreadPoolExecutor) -> Future[None]:
    def work() -> None:
        with enter():  # type: ignore[attr-defined]  # as above
            pass

    return threads.submit(work)


def test_any_number_work_together(threads: ThreadPoolExecutor) -> None:
    isolation = Isolation()
    with working(isolation.together, threads), working(isolation.together, threads):
        enters(isolation.together, threads).result(SOON_S)


def test_whoever_wants_to_be_alone_waits_for_those_at_work(threads: ThreadPoolExecutor) -> None:
    isolation = Isolation()
    with working(isolation.together, threads):
        alone = enters(isolation.alone, threads)
        time.sleep(0.02)
        assert not alone.done()
    alone.result(SOON_S)


@pytest.mark.parametrize("other", ["together", "alone"])
def test_nobody_enters_beside_one_who_is_alone(threads: ThreadPoolExecutor, other: str) -> None:
    isolation = Isolation()
    with working(isolation.alone, threads):
        entering = enters(getattr(isolation, other), threads)
        time.sleep(0.02)
        assert not entering.done()
    entering.result(SOON_S)


def test_whoever_comes_later_cannot_keep_one_from_being_alone(threads: ThreadPoolExecutor) -> None:
    isolation = Isolation()
    with working(isolation.together, threads):
        alone = enters(isolation.alone, threads)
        time.sleep(0.02)
        later = enters(isolation.together, threads)
        time.sleep(0.02)
        assert not later.done()
    alone.result(SOON_S)
    later.result(SOON_S)


@pytest.mark.parametrize("way", ["together", "alone"])
def test_a_failure_leaves_the_place_free(threads: ThreadPoolExecutor, way: str) -> None:
    isolation = Isolation()
    with pytest.raises(ValueError, match="as told"), getattr(isolation, way)():
        raise ValueError("as told")
    enters(isolation.alone, threads).result(SOON_S)


@given(seed=st.integers(0, 10_000), n_threads=st.integers(2, 10))
def test_one_who_is_alone_never_has_company_and_everybody_gets_his_turn(
    seed: int, n_threads: int
) -> None:
    rng = random.Random(seed)
    isolation = Isolation()
    inside: set[int] = set()
    wants_alone = [rng.random() < 0.3 for _ in range(30)]
    naps_s = [0.0005 * rng.random() for _ in wants_alone]

    def work(number: int) -> int:
        enter = isolation.alone if wants_alone[number] else isolation.together
        with enter():
            inside.add(number)
            time.sleep(naps_s[number])
            company = inside - {number}
            assert not (wants_alone[number] and company)
            assert not any(wants_alone[other] for other in company)
            inside.remove(number)
        return number

    with ThreadPoolExecutor(n_threads) as threads:
        done = threads.map(work, range(len(wants_alone)), timeout=SOON_S)
        assert list(done) == list(range(len(wants_alone)))


def test_one_thread_at_a_time_is_the_first_to_work_on_a_thing(threads: ThreadPoolExecutor) -> None:
    isolation = Isolation()
    with working(lambda: isolation.once("a"), threads):
        with isolation.once("a") as is_first, isolation.once("b") as is_first_of_other:
            assert (is_first, is_first_of_other) == (False, True)
        with isolation.once("a") as is_first:  # whoever was not first lets nobody else in
            assert not is_first
    threads.shutdown()
    with isolation.once("a") as is_first:
        assert is_first


def test_a_thing_is_free_again_after_work_on_it_failed() -> None:
    isolation = Isolation()
    with pytest.raises(RuntimeError), isolation.once("a"):
        raise RuntimeError
    with isolation.once("a") as is_first:
        assert is_first
