"""What the processes of one pool tell Prometheus, each at a port of its own."""

from __future__ import annotations

import urllib.request

import psutil
import pytest

from cli.services.network import free_port, is_free
from cli.services.process import Child, Leash
from tests.integration.workers.processes import WorkerStart, wait_until
from tests.integration.workers.stack import Stack, kill

pytestmark = [pytest.mark.services, pytest.mark.timeout(600, func_only=True)]

N_PROCESSES = 2


def free_ports() -> range:
    """Return as many free ports in a row as there are processes."""
    taken: set[int] = set()
    while True:
        first = free_port(frozenset(taken))
        ports = range(first, first + N_PROCESSES)
        if all(map(is_free, ports)):
            return ports
        taken.add(first)


def listeners(worker: Child) -> dict[int, int]:
    """Return which of a worker's processes listens at which port."""
    return {
        connection.laddr.port: process.pid
        for process in psutil.Process(worker.pid).children(recursive=True)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def test_each_process_of_a_pool_answers_and_so_does_the_one_that_takes_its_place(
    stack: Stack, leash: Leash
) -> None:
    ports = free_ports()
    environment = {
        **stack.environment,
        "SORTERBOT_EMBEDDER": "stand-in",
        "SORTERBOT_METRICS_PORT": str(ports[0]),
    }
    start = WorkerStart("workers.app", "sort", "prefork", N_PROCESSES, stack.folder, environment)
    worker = start.start("many", leash)
    wait_until(lambda: set(ports) <= listeners(worker).keys(), 120, "both processes")
    first, second = (listeners(worker)[port] for port in ports)
    for port in ports:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            assert "sorterbot_sweeps_total" in answer.read().decode()
    kill(first)
    wait_until(lambda: listeners(worker).get(ports[0], first) != first, 120, "the next process")
    assert listeners(worker)[ports[1]] == second
    worker.stop()
