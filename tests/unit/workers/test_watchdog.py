from __future__ import annotations

import threading

import pytest

from workers.watchdog import Watchdog


class Kennel:
    """A watchdog, the clock it looks at, and how often it ended the process."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.n_ends = 0
        self.watchdog = Watchdog(10, end=self._end, monotonic=lambda: self.now_s)

    def _end(self) -> None:
        self.n_ends += 1


@pytest.fixture
def kennel() -> Kennel:
    return Kennel()


def test_what_takes_longer_than_the_limit_ends_the_process(kennel: Kennel) -> None:
    with kennel.watchdog.watching():
        kennel.now_s = 9
        kennel.watchdog.look()
        assert kennel.n_ends == 0
        kennel.now_s = 11
        kennel.watchdog.look()
    assert kennel.n_ends == 1


def test_idling_however_long_ends_nothing(kennel: Kennel) -> None:
    with kennel.watchdog.watching():
        pass
    kennel.now_s = 1000
    kennel.watchdog.look()
    assert kennel.n_ends == 0


def test_each_call_has_the_whole_limit_for_itself(kennel: Kennel) -> None:
    for start_s in (0, 9, 18):
        kennel.now_s = start_s
        with kennel.watchdog.watching():
            kennel.now_s = start_s + 9
            kennel.watchdog.look()
    assert kennel.n_ends == 0


@pytest.mark.parametrize(("n_pictures", "limit_s"), [(1, 10), (2, 20), (3, 30), (100, 200)])
def test_a_call_of_more_pictures_has_more_time_up_to_a_limit(
    kennel: Kennel, n_pictures: int, limit_s: float
) -> None:
    with kennel.watchdog.watching(n_pictures):
        kennel.now_s = limit_s
        kennel.watchdog.look()
        assert kennel.n_ends == 0
        kennel.now_s = limit_s + 1
        kennel.watchdog.look()
    assert kennel.n_ends == 1


def test_a_call_that_raises_is_watched_no_more(kennel: Kennel) -> None:
    with pytest.raises(RuntimeError), kennel.watchdog.watching():
        raise RuntimeError("no")
    kennel.now_s = 1000
    kennel.watchdog.look()
    assert kennel.n_ends == 0


def test_a_thread_of_its_own_ends_a_process_that_hangs() -> None:
    ended = threading.Event()
    watchdog = Watchdog(0.01, end=ended.set)
    watchdog.start(every_s=0.005)
    with watchdog.watching():
        assert ended.wait(5)
