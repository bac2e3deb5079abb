from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import signals

from tests.fakes import FakeStore
from workers.alive import AliveFile, touch_while_beating
from workers.heartbeat import Heartbeat

LONG_AGO_S = 1_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alive"


@pytest.fixture
def beat_signals() -> Iterator[None]:
    """Disconnect what a test connects."""
    kinds = (signals.beat_init, signals.after_task_publish)
    before = [list(kind.receivers or []) for kind in kinds]
    yield
    for kind, receivers in zip(kinds, before, strict=True):
        kind.receivers = receivers
        kind.sender_receivers_cache.clear()


def age(path: Path) -> None:
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))


def is_young(path: Path) -> bool:
    return path.stat().st_mtime > LONG_AGO_S


def test_an_old_file_is_young_again_once_touched(path: Path) -> None:
    path.touch()
    age(path)
    AliveFile(path).touch()
    assert is_young(path)


def test_a_file_that_cannot_be_touched_stops_nobody(tmp_path: Path) -> None:
    AliveFile(tmp_path / "missing" / "alive").touch()
    AliveFile(None).touch()


@pytest.mark.parametrize("is_down", [False, True])
def test_a_worker_that_works_is_alive_whatever_ails_its_database(path: Path, is_down: bool) -> None:
    store = FakeStore()
    store.is_down = is_down
    heart = Heartbeat(store, "worker-1", "gpu", every_s=3600, alive=AliveFile(path))
    assert not path.exists()
    heart.start()
    assert path.exists()
    heart.stop()


@pytest.mark.usefixtures("beat_signals")
def test_beat_is_alive_while_it_publishes_and_no_other_process_is(path: Path) -> None:
    touch_while_beating(AliveFile(path))
    signals.after_task_publish.send(sender="a task published by a worker")
    assert not path.exists()
    signals.beat_init.send(sender="beat")
    assert not path.exists()
    signals.after_task_publish.send(sender="sweep")
    assert path.exists()
