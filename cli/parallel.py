"""Many virtual tables at once, in processes of one thread each."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from cli.bench import Networks, SortOptions, TableResult, sort_table
from cli.tables import TableSettings


@dataclass(frozen=True, slots=True)
class Job:
    """One table to sort: the number of a table, and all that decides what becomes of it."""

    tables: TableSettings
    number: int
    options: SortOptions = field(default_factory=SortOptions)


@contextmanager
def table_sorter(models: tuple[str, str], n_workers: int) -> Iterator[TableSorter]:
    """Yield what sorts tables in ``n_workers`` processes; in this one where that is 1.

    Args:
        models: Sources of detector and embedder, as :mod:`vision.load` takes them.
    """
    if n_workers == 1:
        yield TableSorter(models, None)
        return
    # Not forked: threads that a network's library has started do not survive that.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_workers, context, _start_worker, (models,))
    try:
        yield TableSorter(models, pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class TableSorter:
    """Sorts tables, and returns the same for any number of processes."""

    def __init__(self, models: tuple[str, str], pool: ProcessPoolExecutor | None) -> None:
        self._models = models
        self._pool = pool

    def sort_all(self, jobs: Iterable[Job]) -> Iterator[TableResult]:
        """Yield what became of each table, in the jobs' order."""
        if self._pool is not None:
            yield from self._pool.map(_work, jobs)
            return
        networks = _load_networks(self._models)
        for job in jobs:
            yield sort_table(job.tables, job.number, networks, job.options)


_networks: Networks | None = None
"""A worker process' own, loaded once."""


def _start_worker(models: tuple[str, str]) -> None:
    global _networks  # noqa: PLW0603  # a pool's initializer has no other place to leave things
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    _networks = _load_networks(models)


def _work(job: Job) -> TableResult:
    if _networks is None:
        raise RuntimeError("the worker process was not started by a pool of this module")
    return sort_table(job.tables, job.number, _networks, job.options)


def _load_networks(models: tuple[str, str]) -> Networks:
    """Load both on one thread: on several, sums add up in another order and round differently."""
    import cv2
    import torch

    from vision.load import load_detector, load_embedder

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    return Networks(load_detector(models[0]), load_embedder(models[1]))
