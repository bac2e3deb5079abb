"""R6: Redis is killed with and without its file, and emptied, in the middle of many sessions."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from cli.faults.robots import Traffic
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import Site
from cli.faults.trial import Trial

N_EMPTIED_SESSIONS = 50
"""In the full form; the issue's number."""

APPEND_ONLY_FOLDER = "appendonlydir"


@dataclass(frozen=True, slots=True)
class _Loss:
    """A way to lose what Redis held, and how many sessions go on meanwhile."""

    name: str
    lose: Callable[[Site], None]
    n_sessions: int
    n_times: int


def _kill(site: Site) -> None:
    """Kill it; supervision starts it again, and it reads its append-only file."""
    site.kill("redis")


def _kill_and_delete(site: Site) -> None:
    """Kill it and take its file away before it comes back, as a disk that failed would."""
    site.stop("redis")
    for path in (site.redis.folder / APPEND_ONLY_FOLDER, site.redis.folder / "appendonly.aof"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    site.start("redis")


def _empty(site: Site) -> None:
    """Delete everything in both of its databases: messages, unacknowledged ones, counters."""
    with site.redis_client() as client:
        client.flushall()


LOSSES = (
    _Loss("Redis killed, its file kept", _kill, 15, 2),
    _Loss("Redis killed, its file gone", _kill_and_delete, 15, 2),
    _Loss("Redis emptied", _empty, N_EMPTIED_SESSIONS, 4),
)


def run(trial: Trial) -> None:
    """Take everything away from Redis, again and again, while robots post."""
    for loss in LOSSES:
        _lose_amid_sessions(trial, loss)


def _lose_amid_sessions(trial: Trial, loss: _Loss) -> None:
    n_sessions, n_times = (4, 1) if trial.is_short else (loss.n_sessions, loss.n_times)
    n_before = trial.ledger.n_accepted
    crowd = trial.start_robots(Traffic(n_sessions))
    n_pictures = n_sessions * Traffic(n_sessions).n_pictures
    for number in range(1, n_times + 1):
        n_due = n_before + n_pictures * number // (n_times + 1)
        trial.wait_until(
            lambda n_due=n_due: trial.ledger.n_accepted >= n_due,  # type: ignore[misc]
            trial.patience_s,
            f"{n_due} accepted pictures",
        )
        began_s = time.monotonic()
        loss.lose(trial.site)
        n_detected = trial.site.n_detected()
        trial.wait_until(
            lambda n=n_detected: trial.site.n_detected() > n,  # type: ignore[misc]
            trial.patience_s,
            f"a picture detected after this: {loss.name}",
        )
        trial.recovered(time.monotonic() - began_s, loss.name)
    trial.finish(crowd)


SCENARIO = Scenario(
    name="R6",
    title="Redis is killed with and without its file, and emptied, amid many sessions.",
    run=run,
    needs=Needs(has_proxies=True, is_durable=True),
)
