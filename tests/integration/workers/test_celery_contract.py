"""What the growing chord relies on in Celery, so that an upgrade that changes it is seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Celery
from celery.app.task import Context
from celery.backends.redis import RedisBackend
from redis.exceptions import RedisError

from cli.services.network import free_port
from cli.services.process import Child, Leash, await_ready
from cli.services.redis import RedisServer
from tests.integration.workers.processes import SupervisedWorker, WorkerStart, wait_until
from workers.celery_app import close_celery, make_celery

pytestmark = pytest.mark.services

MEMBER, FIRED = "contract.member", "contract.fired"
PATIENCE_S = 60.0  # only ever spent where a test fails, or on a starved machine
SETTLE_S = 0.4  # a callback comes 12 ms after the last member's end


@dataclass(frozen=True, slots=True)
class Bench:
    """One Redis, the app that publishes to it, and what the workers noted."""

    server: RedisServer
    folder: Path
    app: Celery

    def worker(
        self, pool: str, concurrency: int, visibility_s: float = 300, queues: str = "gpu,sort"
    ) -> WorkerStart:
        environment = {
            "CONTRACT_BROKER": self.server.url(0),
            "CONTRACT_RESULTS": self.server.url(1),
            "CONTRACT_FOLDER": str(self.folder),
            "CONTRACT_VISIBILITY_S": str(visibility_s),
        }
        module = "tests.integration.workers.contract_app"
        return WorkerStart(module, queues, pool, concurrency, self.folder, environment)

    def publish(self, group: str, index: int, fate: str = "end", name: str | None = None) -> None:
        name = name or f"{index}"
        callback = self.app.signature(
            FIRED, args=(group,), immutable=True, options={"queue": "sort", "task_id": f"{group}:s"}
        )
        self.app.send_task(
            MEMBER,
            args=(group, name, fate),
            queue="gpu",
            task_id=f"{group}:{name}",
            group_id=group,
            group_index=index,
            chord=callback,
            ignore_result=True,
        )

    def close(self, group: str, n_members: int, name: str = "closing") -> None:
        self.app.backend.set_chord_size(group, n_members + 1)
        self.publish(group, n_members, name=name)

    def count(self, kind: str, group: str) -> int:
        return sum(line.startswith(f"{kind} {group} ") for line in self.events())

    def events(self) -> list[str]:
        """Return what the workers noted, in order, a line each."""
        events = self.folder / "events"
        return events.read_text().splitlines() if events.exists() else []

    def await_count(self, kind: str, group: str, n: int, within_s: float = PATIENCE_S) -> None:
        def has_come() -> bool:
            return self.count(kind, group) >= n

        wait_until(has_come, within_s, f"{n} {kind} of {group}")

    def open_gate(self, group: str) -> None:
        (self.folder / f"{group}-open").touch()

    def assert_fires_once(self, group: str) -> None:
        self.await_count("fired", group, 1)
        self.assert_fired(group, 1)

    def assert_fired(self, group: str, times: int) -> None:
        time.sleep(SETTLE_S)
        assert self.count("fired", group) == times


@contextmanager
def make_bench(folder: Path) -> Iterator[Bench]:
    server = RedisServer(folder / "redis", free_port(), "test", is_durable=True)
    app = make_celery(server.url(0), server.url(1), is_gateway=True)
    yield Bench(server, folder, app)
    close_celery(app)


def start_redis(server: RedisServer, leash: Leash) -> Child:
    child = Child(server.prepare(), leash)
    await_ready(child, server.is_ready, within_s=PATIENCE_S)
    return child


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, leash: Leash) -> Iterator[Bench]:
    """A bench with one worker of two processes, shared by the tests that leave it alive."""
    with make_bench(tmp_path_factory.mktemp("bench")) as bench:
        redis = start_redis(bench.server, leash)
        worker = bench.worker("prefork", 2).start("shared", leash)
        yield bench
        worker.kill()
        redis.kill()


@pytest.fixture
def lone_bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench whose Redis and workers the test starts and kills itself."""
    with make_bench(tmp_path) as bench:
        yield bench


@pytest.fixture
def group() -> str:
    return uuid4().hex


def test_a_size_set_after_all_members_ended_fires_once(bench: Bench, group: str) -> None:
    for index in range(5):
        bench.publish(group, index)
    bench.await_count("ended", group, 5)
    bench.assert_fired(group, 0)
    bench.close(group, 5)
    bench.assert_fires_once(group)


def test_a_repeat_under_the_same_task_id_and_index_counts_once(bench: Bench, group: str) -> None:
    for index in (0, 0, 0):
        bench.publish(group, index)
    bench.close(group, 2)
    bench.await_count("ended", group, 4)
    bench.assert_fired(group, 0)
    bench.publish(group, 1)
    bench.assert_fires_once(group)


def test_closing_twice_under_the_same_id_fires_once(bench: Bench, group: str) -> None:
    bench.publish(group, 0)
    bench.close(group, 1)
    bench.publish(group, 1, name="closing")
    bench.await_count("ended", group, 3)
    bench.assert_fires_once(group)


def test_a_session_without_pictures_fires_by_its_closing_alone(bench: Bench, group: str) -> None:
    bench.close(group, 0)
    bench.assert_fires_once(group)


def test_a_member_whose_process_is_killed_comes_back_and_fires_once(
    bench: Bench, group: str
) -> None:
    bench.publish(group, 0, fate="die once")
    bench.publish(group, 1)
    bench.close(group, 2)
    bench.assert_fires_once(group)
    assert bench.count("began", group) == 4


def test_a_member_that_comes_again_after_the_firing_fires_nothing(bench: Bench, group: str) -> None:
    bench.publish(group, 0)
    bench.close(group, 1)
    bench.assert_fires_once(group)
    bench.publish(group, 0)
    bench.publish(group, 1, name="closing")
    bench.await_count("ended", group, 4)
    bench.assert_fired(group, 1)


def test_a_chord_with_a_missing_member_never_fires(bench: Bench, group: str) -> None:
    bench.publish(group, 0)
    bench.close(group, 2)
    bench.await_count("ended", group, 2)
    bench.assert_fired(group, 0)


def test_a_member_that_raises_fails_its_chord_for_ever(bench: Bench, group: str) -> None:
    bench.publish(group, 0, fate="raise")
    bench.publish(group, 1)
    bench.close(group, 2)
    bench.await_count("ended", group, 3)
    bench.publish(group, 0)
    bench.await_count("ended", group, 4)
    bench.assert_fired(group, 0)


def test_a_member_that_is_ignored_is_not_counted_until_it_comes_again(
    bench: Bench, group: str
) -> None:
    bench.publish(group, 0, fate="ignore")
    bench.publish(group, 1)
    bench.close(group, 2)
    bench.await_count("ended", group, 3)
    bench.assert_fired(group, 0)
    bench.publish(group, 0)
    bench.assert_fires_once(group)


def test_a_member_still_at_work_when_the_size_is_set_is_waited_for(
    bench: Bench, group: str
) -> None:
    bench.publish(group, 0, fate="wait")
    bench.close(group, 1)
    bench.await_count("ended", group, 1)
    bench.assert_fired(group, 0)
    bench.open_gate(group)
    bench.assert_fires_once(group)


def test_a_member_of_a_killed_worker_comes_back_after_the_visibility_timeout(
    lone_bench: Bench, leash: Leash, group: str
) -> None:
    bench = lone_bench
    redis = start_redis(bench.server, leash)
    start = bench.worker("threads", 1, visibility_s=1)
    bench.publish(group, 0, fate="die once")
    bench.close(group, 1)
    first = start.start("first", leash)
    wait_until(lambda: first.exit_status is not None, PATIENCE_S, "the worker dies")
    first.bury()
    second = start.start("second", leash)
    bench.assert_fires_once(group)
    second.kill()
    redis.kill()


def test_a_sweep_waits_for_a_sort_or_two_however_many_wait(
    lone_bench: Bench, leash: Leash, group: str
) -> None:
    """A worker takes from its queues in turn."""
    bench = lone_bench
    redis = start_redis(bench.server, leash)
    for queue in (*["sort"] * 20, "sweep"):
        bench.app.send_task(FIRED, args=(f"{group}-{queue}",), queue=queue)
    worker = bench.worker("prefork", 1, queues="sort,sweep").start("worker", leash)
    bench.await_count("fired", f"{group}-sort", 20)
    assert f"fired {group}-sweep callback" in bench.events()[:3]
    worker.kill()
    redis.kill()


def test_a_redis_restarted_while_members_work_loses_nothing(
    lone_bench: Bench, leash: Leash, group: str
) -> None:
    bench = lone_bench
    redis = start_redis(bench.server, leash)
    worker = SupervisedWorker(bench.worker("threads", 2, visibility_s=1), "worker", leash)
    bench.publish(group, 0)
    bench.publish(group, 1, fate="wait")
    bench.await_count("began", group, 2)
    redis.kill()
    bench.open_gate(group)
    bench.await_count("ended", group, 2)
    redis = start_redis(bench.server, leash)
    bench.close(group, 2)
    worker.wait_until(lambda: bench.count("fired", group) > 0, PATIENCE_S, "the chord fires")
    bench.assert_fired(group, 1)
    worker.child.kill()
    redis.kill()


def test_counting_a_member_outlasts_a_restart_of_redis(
    lone_bench: Bench, leash: Leash, group: str
) -> None:
    bench = lone_bench
    redis = start_redis(bench.server, leash)
    app = make_celery(bench.server.url(0), bench.server.url(1), is_gateway=False)
    backend = app.backend
    backend.set_chord_size(group, 2)
    member = Context(id=f"{group}:0", group=group, group_index=0, chord=None)
    redis.kill()
    with pytest.raises(RedisError):  # what Celery's own backend makes of it
        RedisBackend.on_chord_part_return(backend, member, "SUCCESS", None)
    with ThreadPoolExecutor(1) as pool:
        counted = pool.submit(backend.on_chord_part_return, member, "SUCCESS", None)
        time.sleep(SETTLE_S)
        assert not counted.done()
        redis = start_redis(bench.server, leash)
        counted.result(timeout=PATIENCE_S)
    assert backend.client.zcard(backend.get_key_for_group(group, ".j")) == 1
    close_celery(app)
    redis.kill()
