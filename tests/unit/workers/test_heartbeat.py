from __future__ import annotations

import threading

from tests.fakes import FakeStore
from workers.heartbeat import Heartbeat, make_worker_id


class CountingStore(FakeStore):
    """Knows how often it was told of a beat, and lets a test wait for that."""

    def __init__(self) -> None:
        super().__init__()
        self.n_beats = 0
        self._changed = threading.Condition()

    def beat(self, worker_id: str, queue: str) -> None:
        with self._changed:
            self.n_beats += 1
            self._changed.notify_all()
        super().beat(worker_id, queue)

    def await_beats(self, n: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.n_beats >= n, timeout=5)


def test_the_first_beat_comes_before_any_claim_can() -> None:
    store = CountingStore()
    heart = Heartbeat(store, "worker-1", "gpu", every_s=3600)
    heart.start()
    assert [worker.worker_id for worker in store.load_workers(alive_within_s=5)] == ["worker-1"]
    heart.stop()


def test_it_beats_until_it_is_stopped() -> None:
    store = CountingStore()
    heart = Heartbeat(store, "worker-1", "gpu", every_s=0.001)
    heart.start()
    store.await_beats(5)
    heart.stop()
    n_beats = store.n_beats
    threading.Event().wait(0.02)
    assert store.n_beats == n_beats


def test_a_database_that_hiccups_does_not_end_it() -> None:
    store = CountingStore()
    store.is_down = True
    heart = Heartbeat(store, "worker-1", "gpu", every_s=0.001)
    heart.start()
    store.await_beats(3)
    store.is_down = False
    store.await_beats(store.n_beats + 2)
    heart.stop()
    assert store.load_workers(alive_within_s=5)


def test_no_two_processes_have_one_name() -> None:
    assert make_worker_id() != make_worker_id()
    assert make_worker_id().count(":") == 2
