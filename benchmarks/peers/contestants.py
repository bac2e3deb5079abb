"""The systems that are compared, while they run: post pictures to one, and see what comes of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from benchmarks.load import Load, run_apart
from benchmarks.load_site import LoadSite
from benchmarks.peers.systems import Served, System, save_network, served
from cli.programs import MOST_THREADS, n_cores
from cli.services.process import Program
from cli.stack import LocalStack, StackSettings
from cli.supervisor import Service

ROOT = Path(__file__).parents[2]
MOST_CLIENTS = 32
LOAD_WITHIN_S = 300.0
"""For all pictures of one load: a system that hangs costs no more than that."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How a load was answered; a picture that was not is only counted.

    Attributes:
        seconds: From each picture's last byte to its answer's.
        since_due_s: From when each was due: a wait for a free client counts.
        per_s: Answers a second.
    """

    seconds: tuple[float, ...]
    since_due_s: tuple[float, ...]
    per_s: float
    n_lost: int


Send = Callable[[int, Sequence[float]], Answers]
"""Posts pictures from so many clients, each when it is due."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A system that runs, ours or a peer's."""

    send: Send
    resident_mib: Callable[[], float]
    kill_model: Callable[[], object]
    n_in_flight: Callable[[], int]


@contextmanager
def peer(system: System, environments: Path, pictures: Sequence[bytes]) -> Iterator[Contestant]:
    """Run a peer."""
    n_threads = min(MOST_THREADS, n_cores())
    with tempfile.TemporaryDirectory(prefix="sorterbot-") as name:
        folder = Path(name)
        save_network(folder)
        bodies = [system.body(data) for data in pictures]
        files = [folder / f"{number}.body" for number in range(len(bodies))]
        for file, body in zip(files, bodies, strict=True):
            file.write_bytes(body.bytes)
        with served(system, environments, folder, n_threads) as running:

            def send(n_clients: int, after_s: Sequence[float]) -> Answers:
                return _ask(running, files, bodies[0].content_type, n_clients, after_s)

            yield Contestant(send, running.resident_mib, running.kill_model, running.n_connections)


def _ask(
    running: Served, files: Sequence[Path], kind: str, n_clients: int, after_s: Sequence[float]
) -> Answers:
    load = {
        "url": running.url,
        "bodies": [str(file) for file in files],
        "content_type": kind,
        "n_clients": n_clients,
        "after_s": list(after_s),
    }
    rows = run_apart("benchmarks.peers.clients", json.dumps(load), LOAD_WITHIN_S)
    return answers_of(rows)


def answers_of(rows: Sequence[dict[str, Any]]) -> Answers:
    """Tell answers from losses; a rate counts from the first picture's last byte."""
    good = [row for row in rows if row["status"] == HTTPStatus.OK]
    if not good:
        return Answers((), (), 0.0, len(rows))
    took_s = max(row["answered_at"] for row in good) - min(row["sent_at"] for row in rows)
    return Answers(
        tuple(row["answered_at"] - row["sent_at"] for row in good),
        tuple(row["answered_at"] - row["due_at"] for row in good),
        len(good) / took_s,
        len(rows) - len(good),
    )


class _EmbeddingStack(LocalStack):
    """A local stack whose GPU worker runs the peers' network."""

    def _service(self, program: Program, is_ready: Callable[[], bool] = lambda: True) -> Service:
        others = {"--app=workers.app": "--app=benchmarks.peers.ours"}
        if program.name == "gpu-worker":
            argv = tuple(others.get(word, word) for word in program.argv)
            program = replace(program, argv=argv)
        return super()._service(program, is_ready)


@contextmanager
def ours(pictures: Sequence[bytes]) -> Iterator[Contestant]:
    """Run SorterBot."""
    with tempfile.TemporaryDirectory(prefix="sorterbot-") as name:
        folder = Path(name)
        environment = {
            "SORTERBOT_DETECTOR": "stand-in",
            "SORTERBOT_EMBEDDER": "stand-in",
            "PYTHONPATH": str(ROOT),  # benchmarks are not installed, and the worker runs elsewhere
        }
        settings = StackSettings(folder / "stack", port=0, environment=environment)
        files = [folder / f"{number}.jpg" for number in range(len(pictures))]
        for file, data in zip(files, pictures, strict=True):
            file.write_bytes(data)
        with _EmbeddingStack(settings) as stack:
            site = LoadSite(stack, None)
            arms = site.arms(MOST_CLIENTS)

            def send(n_clients: int, after_s: Sequence[float]) -> Answers:
                measured = site.measure(Load(stack.gateway_url, arms[:n_clients], files, after_s))
                overheads_s, delays_s = tuple(measured.overheads_s), tuple(measured.delays_s)
                return Answers(overheads_s, delays_s, measured.per_s, 0)

            yield Contestant(
                send,
                lambda: round(sum(site.resident_mib().values()), 1),
                lambda: stack.kill("gpu-worker"),
                site.n_unread,
            )
