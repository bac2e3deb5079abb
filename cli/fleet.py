"""Virtual arms at work side by side, each at its own tables, against one gateway."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

from cli.tables import TableSettings
from robot.arm import POSITIONS_PW
from robot.clearing import MAX_PASSES, Clearing, clear_table
from robot.client import GatewayClient, connect
from robot.retrying import Patience
from robot.session import SessionWatcher, deliver_leftovers, run_session
from robot.spool import Spool
from sorter.errors import SorterBotError

WatcherOf = Callable[[str, int], SessionWatcher]
"""Returns what watches a session, by the arm's name and the table's number; anew each pass."""


class StoppedError(SorterBotError):
    """Somebody stopped the arms before they were done."""


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """What the arms are to do.

    Attributes:
        keys: Each arm's bearer key.
        n_sessions: Of each arm; every one at another table.
        spool: Holds a folder for each arm's waiting pictures.
        patience: With a gateway that is away.
        positions_pw: Where each arm photographs.
        until_clear: Whether a table is sorted again until nothing more can be done.
    """

    gateway_url: str
    keys: Mapping[str, str]
    tables: TableSettings
    n_sessions: int
    spool: Path
    patience: Patience
    positions_pw: tuple[float, ...] = POSITIONS_PW
    until_clear: bool = False


def run_fleet(settings: FleetSettings, watcher_of: WatcherOf) -> list[Clearing]:
    """Run every arm's tables and return what they came to, by the table's number.

    Ends early with the first error of any arm, or with Ctrl-C.

    Raises:
        SorterBotError: An arm could not finish its sessions.
    """
    stopping = threading.Event()
    pool = ThreadPoolExecutor(len(settings.keys), thread_name_prefix="arm")
    jobs: list[Future[list[Clearing]]] = [
        pool.submit(_run_arm, settings, number, watcher_of, stopping)
        for number in range(len(settings.keys))
    ]
    try:
        wait(jobs, return_when=FIRST_EXCEPTION)
    finally:
        stopping.set()
        pool.shutdown(wait=True)
    errors = [job.exception() for job in jobs]
    for error in sorted(filter(None, errors), key=lambda error: isinstance(error, StoppedError)):
        raise error
    return [report for job in jobs for report in job.result()]


def _run_arm(
    settings: FleetSettings, arm_number: int, watcher_of: WatcherOf, stopping: threading.Event
) -> list[Clearing]:
    arm_id, key = list(settings.keys.items())[arm_number]
    rng = Random(f"{settings.tables.seed} {arm_id}")

    def sleep(pause_s: float) -> None:
        if stopping.wait(pause_s):
            raise StoppedError("stopped")

    spool = Spool(settings.spool / arm_id, lambda: uuid4().hex)
    reports = []
    with connect(
        settings.gateway_url,
        key,
        rng=rng,
        patience=settings.patience,
        sleep=sleep,
        monotonic_s=time.monotonic,
    ) as client:
        for session_number in range(settings.n_sessions):
            if stopping.is_set():
                raise StoppedError("stopped")
            table = arm_number * settings.n_sessions + session_number
            watch = partial(watcher_of, arm_id, table)
            reports.append(_run_one(settings, arm_id, table, client, spool, watch))
    return reports


def _run_one(
    settings: FleetSettings,
    arm_id: str,
    table: int,
    client: GatewayClient,
    spool: Spool,
    watch: Callable[[], SessionWatcher],
) -> Clearing:
    arm = settings.tables.stand_at(table, arm_id)
    client.register_arm(arm.arm)
    deliver_leftovers(spool, client)
    return clear_table(
        arm,
        lambda positions_pw: run_session(arm, client, spool, watch(), positions_pw=positions_pw),
        time.monotonic,
        positions_pw=settings.positions_pw,
        max_passes=MAX_PASSES if settings.until_clear else 1,
    )
