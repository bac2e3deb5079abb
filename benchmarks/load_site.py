"""A whole local stack to be measured: its processes' time and memory, and its pictures' times."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from redis import Redis

from benchmarks.load import GIVE_UP_S, Load, Posted, Sent, send
from cli.faults.proxy import Proxy
from cli.stack import LocalStack, StackSettings
from sorter.errors import SorterBotError, TransientError

LOOK_EVERY_S = 0.25
PINGS = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """A load that has been worked off.

    Attributes:
        finished_at: By a picture's id, when its detections were written, by the database's clock.
        cpu_s: Processor time of each service meanwhile, children included; that of the robots
            is in ``sent``.
    """

    sent: Sent
    finished_at: Mapping[str, float]
    cpu_s: Mapping[str, float]

    @property
    def n(self) -> int:
        """How many pictures."""
        return len(self.sent.posted)

    @property
    def overheads_s(self) -> list[float]:
        """From each picture's last byte to its detections."""
        return [self.finished_at[one.image_id] - one.sent_at for one in self.sent.posted]

    @property
    def delays_s(self) -> list[float]:
        """From when each picture was due to its detections: a wait for a free robot counts."""
        return [self.finished_at[one.image_id] - one.due_at for one in self.sent.posted]

    @property
    def per_s(self) -> float:
        """Pictures a second, from the first picture's last byte to the last one's detections."""
        began_at = min(one.sent_at for one in self.sent.posted)
        return self.n / (max(self.finished_at.values()) - began_at)

    def cpu_ms_a_picture(self) -> dict[str, float]:
        """Return milliseconds of a processor that each service takes for one picture."""
        return {name: round(1000 * cpu_s / self.n, 3) for name, cpu_s in self.cpu_s.items()}


class LoadSite:
    """A stack in a folder of its own, whose services all count."""

    def __init__(self, stack: LocalStack, proxy: Proxy | None) -> None:
        self.stack = stack
        self._proxy = proxy

    def arms(self, n: int) -> list[tuple[str, str]]:
        """Return the names and keys of so many arms."""
        names = [f"ARM{number:03}" for number in range(n)]
        return [(name, self.stack.make_key(name)) for name in names]

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Return each service's processes, the main one first."""
        found = {}
        for name in self.stack.supervisor.names():
            main = psutil.Process(self.stack.supervisor.pid(name))
            found[name] = [main, *main.children(recursive=True)]
        return found

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time that each service has taken so far, seconds."""
        taken: defaultdict[str, float] = defaultdict(float)
        for name, processes in self.processes().items():
            times = [t for one in processes if (t := _unless_gone(one.cpu_times)) is not None]
            # What a process's ended children took is counted with it.
            taken[_kind(name)] += sum(
                t.user + t.system + t.children_user + t.children_system for t in times
            )
        return taken

    def resident_mib(self) -> dict[str, float]:
        """Return the memory that each service holds now, MiB; shared pages counted once each.

        It is the proportional set size: a page that n processes share counts as 1/n in each.
        """
        held: defaultdict[str, float] = defaultdict(float)
        for name, processes in self.processes().items():
            infos = [_unless_gone(one.memory_full_info) for one in processes]
            held[_kind(name)] += sum(info.pss for info in infos if info is not None)
        return {name: round(n_bytes / 2**20, 1) for name, n_bytes in held.items()}

    def measure(self, load: Load) -> Measured:
        """Send a load, and wait until each of its pictures is read.

        Raises:
            SorterBotError: The robots failed, or a picture could not be read.
            TransientError: The pictures were not read in time.
        """
        before = self.cpu_s()
        sent = send(load)
        finished_at = self.await_finished(sent.posted)
        cpu_s = {name: s - before.get(name, 0.0) for name, s in self.cpu_s().items()}
        return Measured(sent, finished_at, cpu_s)

    def await_finished(self, posted: tuple[Posted, ...]) -> dict[str, float]:
        """Return when the detections of each picture were written, once all are.

        Raises:
            SorterBotError: One of them could not be read, and so has none.
            TransientError: They are not in time.
        """
        give_up_s = time.monotonic() + GIVE_UP_S
        ids = [one.image_id for one in posted]
        while time.monotonic() < give_up_s:
            rows = self._query(
                "SELECT image_id, extract(epoch from finished_at), state FROM images"
                " WHERE image_id = ANY(%s) AND state IN ('detected', 'failed')",
                ids,
            )
            if any(state == "failed" for _, _, state in rows):
                raise SorterBotError("a picture could not be read")
            if len(rows) == len(ids):
                return {str(image_id): float(str(at)) for image_id, at, _ in rows}
            time.sleep(LOOK_EVERY_S)
        raise TransientError(f"{len(ids) - len(rows)} pictures were not read in time")

    def n_unread(self) -> int:
        """Return how many accepted pictures wait or are being read."""
        rows = self._query(
            "SELECT image_id FROM images WHERE state = ANY(%s)", ["received", "detecting"]
        )
        return len(rows)

    def await_plans(self, sessions: set[str]) -> dict[str, float]:
        """Return when the plan of each session was written, by the database's clock.

        Raises:
            TransientError: Not all have a plan in time.
        """
        give_up_s = time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up_s:
            rows = self._query(
                "SELECT session_id, extract(epoch from finished_at) FROM sessions"
                " WHERE session_id = ANY(%s) AND state = 'done'",
                list(sessions),
            )
            if len(rows) == len(sessions):
                return {str(session_id): float(str(at)) for session_id, at in rows}
            time.sleep(LOOK_EVERY_S)
        raise TransientError(f"{len(sessions) - len(rows)} sessions have no plan")

    def redis_ping_ms(self) -> float:
        """Return the median time of a round trip to Redis as the services reach it."""
        client = Redis.from_url(self.stack.environment["SORTERBOT_BROKER_URL"])
        times = []
        for _ in range(PINGS):
            began_s = time.perf_counter()
            client.ping()
            times.append(time.perf_counter() - began_s)
        return 1000 * sorted(times)[PINGS // 2]

    def slow_redis_down(self, delay_s: float) -> None:
        """Hold back each piece of data to or from Redis for so long."""
        assert self._proxy is not None, "the site has no relay before Redis"
        self._proxy.slow_down(delay_s)

    def _query(self, statement: str, values: list[str]) -> list[tuple[object, ...]]:
        url = self.stack.postgres.url("sorterbot").replace("+psycopg2", "")
        connection = psycopg2.connect(url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, (values,))
                return cursor.fetchall()
        finally:
            connection.close()


def _unless_gone(ask: Callable[[], Any]) -> Any:
    """Return what a process says of itself; None where it has just ended, as connections' do."""
    try:
        return ask()
    except psutil.NoSuchProcess:
        return None


def _kind(service: str) -> str:
    """Return one name for all GPU workers."""
    return "gpu-worker" if service.startswith("gpu-worker") else service


@contextmanager
def load_site(
    detector: str,
    *,
    n_gpu_workers: int = 1,
    environment: Mapping[str, str] | None = None,
    has_relay: bool = False,
    embedder: str = "stand-in",
) -> Iterator[LoadSite]:
    """Start a stack, as durable as it is for users, in a folder that goes with it.

    Args:
        detector: As ``SORTERBOT_DETECTOR`` names it; ``embedder`` likewise.
        has_relay: Whether Redis is reached through a relay that can hold data back.
    """
    proxies: dict[str, Proxy] = {}
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="sorterbot-")))

        def door(server: str, port: int) -> int:
            if server != "redis" or not has_relay:
                return port
            proxies[server] = held.enter_context(Proxy(port))
            return proxies[server].port

        networks = {"SORTERBOT_DETECTOR": detector, "SORTERBOT_EMBEDDER": embedder}
        settings = StackSettings(
            folder,
            port=0,
            n_gpu_workers=n_gpu_workers,
            environment={**networks, **(environment or {})},
        )
        stack = held.enter_context(LocalStack(settings, door=door))
        yield LoadSite(stack, proxies.get("redis"))
