"""Many seeds on all cores, each process with a database of its own on one server."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from cli.faults.simulated.run import LIMIT_S, Outcome, Simulation
from cli.services.postgres import PostgresServer

UNSWEPT_LIMIT_S = 100.0
"""Of virtual time, where nobody sweeps: what is lost by then stays lost."""

_own: list[Simulation] = []
"""The simulation of this process of the pool."""


def run_seeds(
    server: PostgresServer, seeds: Sequence[int], n_processes: int, *, has_sweeper: bool = True
) -> Iterator[Outcome]:
    """Yield what comes of each seed, in their order."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_processes, spawn, _open, (server,)) as pool:
        yield from pool.map(partial(_run, has_sweeper), seeds)


def _open(server: PostgresServer) -> None:
    """Make this process's simulation, whose database goes with its server."""
    _own.append(Simulation(server, f"simulated_{os.getpid()}").__enter__())


def _run(has_sweeper: bool, seed: int) -> Outcome:
    limit_s = LIMIT_S if has_sweeper else UNSWEPT_LIMIT_S
    return _own[0].run(seed, has_sweeper=has_sweeper, limit_s=limit_s)
