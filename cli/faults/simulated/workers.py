"""Workers and the sweeper as actors: the product's own tasks, in processes that die and freeze."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from celery import Celery
from celery.exceptions import Ignore

from cli.faults.simulated.broker import Broker, Message
from cli.faults.simulated.odds import Odds
from cli.faults.simulated.turns import KilledError, Turns
from sorter.errors import TransientError
from storage.ports import ImageStore, Store
from vision.ports import RgbImage
from vision.stand_in import Mark, StandInDetector, StandInEmbedder, mark_of
from workers.services import Detected, LoadedOnce, Services
from workers.settings import (
    MESSAGE_VERSION,
    REQUEST_ID_HEADER,
    SWEEP,
    SWEEP_EVERY_S,
    VERSION_HEADER,
)
from workers.tasks import register_tasks

IDLE_S = 0.3
"""Mean time after which a worker that found no message looks again."""

HEART_S = 2.0
"""Seldomer than a real heart beats, which costs most of a run, and often enough not to be dead."""

RESTART_S = 1.5
"""From a process's death until supervision has another ready."""

FROZEN_S = (4.0, 20.0)
"""Some wake up before they are taken for dead, most do so after somebody else took over."""


class PatientDetector:
    """The stand-in network, which takes virtual time and dies of a picture marked to kill."""

    version = StandInDetector.version

    def __init__(self, turns: Turns, rng: np.random.Generator) -> None:
        self._turns = turns
        self._rng = rng
        self._network = StandInDetector()

    @property
    def input_size_px(self) -> tuple[int, int]:
        """As :class:`vision.ports.Detector` says."""
        return self._network.input_size_px

    def close(self) -> None:
        """As :class:`workers.services.OneDetector` says; there is nobody who would wait."""

    def detect_one(self, image_rgb: RgbImage) -> Detected:
        """As :class:`workers.services.OneDetector` says."""
        took_s = float(self._rng.exponential(0.05))
        self._turns.sleep(took_s)
        if mark_of(image_rgb) is Mark.KILLS:
            raise KilledError("the picture's mark")
        return Detected(self._network.detect([image_rgb])[0], 0.0, took_s, 1)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the processes of one run share.

    Attributes:
        harmed: How often a process died or stood still while it worked on a picture or session.
    """

    turns: Turns
    rng: np.random.Generator
    odds: Odds
    broker: Broker
    store: Store
    images: ImageStore
    harmed: Counter[str] = field(default_factory=Counter)


class Tasks:
    """The product's tasks, each run with the services of the process that runs it."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._app = Celery("simulated", set_as_current=False, broker="memory://")
        register_tasks(self._app, lambda: self._own.services)

    def run(self, message: Message, services: Services) -> bool:
        """Run a message's task as a worker does; return whether its chord counts it."""
        self._own.services = services
        task = self._app.tasks[message.task]
        headers = {REQUEST_ID_HEADER: message.request_id, VERSION_HEADER: MESSAGE_VERSION}
        task.push_request(
            id=f"{message.session_id}:{message.index}", group=message.session_id, **headers
        )
        try:
            task(message.argument)
        except Ignore:
            return False
        finally:
            task.pop_request()
        return True

    def sweep(self, services: Services) -> None:
        """Run the sweeper's task once."""
        self._own.services = services
        self._app.tasks[SWEEP]()


class Worker:
    """One worker process after the other: who dies is started again under another name."""

    def __init__(self, around: Surroundings, tasks: Tasks, queue: str, name: str) -> None:
        self._around = around
        self._tasks = tasks
        self._queue = queue
        self._name = name
        self._at: Message | None = None
        self.n_deaths = 0
        self._start()

    @property
    def is_busy(self) -> bool:
        """Whether it works, or stands still over some work."""
        return self._at is not None

    def _start(self) -> None:
        turns, name = self._around.turns, f"{self._name}:{self.n_deaths}"
        self._services = make_services(self._around, name)
        self._heart = turns.start(f"{name} heart", self._beat)
        self._hands = turns.start(name, self._live, self._befall)

    def _live(self) -> None:
        try:
            self._work()
        except KilledError:
            self._around.turns.kill(self._heart)
            self.n_deaths += 1
            self._start()
            raise

    def _beat(self) -> None:
        """Beat as :class:`workers.heartbeat.Heartbeat` does, whatever ails the database."""
        while True:
            with suppress(TransientError):
                self._around.store.beat(self._services.worker_id, self._queue)
            self._around.turns.sleep(HEART_S)

    def _work(self) -> None:
        self._at = None
        self._around.turns.sleep(RESTART_S if self.n_deaths else 0.0)
        while True:
            self._at = self._around.broker.take(self._queue)
            if self._at is None:
                self._around.turns.sleep(float(self._around.rng.exponential(IDLE_S)))
            else:
                self._handle(self._at)

    def _handle(self, message: Message) -> None:
        if self._tasks.run(message, self._services):
            with suppress(TransientError):  # that chord will not fire: the sweeper's to notice
                self._around.broker.count(message)
        self._around.turns.pause()
        self._around.broker.acknowledge(message)

    def _befall(self) -> None:
        """Let the dice kill or freeze a process that is at work."""
        around = self._around
        if self._at is None:
            return
        if around.rng.random() < around.odds.kill:
            around.harmed[self._at.argument] += 1
            around.turns.kill(self._hands)
        elif around.rng.random() < around.odds.freeze:
            around.harmed[self._at.argument] += 1
            seconds = float(around.rng.uniform(*FROZEN_S))
            around.turns.freeze(self._heart, seconds)
            around.turns.sleep(seconds)


class Sweeper:
    """Beat and the sweeps that it asks for, in one actor."""

    def __init__(self, around: Surroundings, tasks: Tasks) -> None:
        self._around = around
        self._tasks = tasks
        self._services = make_services(around, "sweeper")
        around.turns.start("sweeper", self._live)

    def _live(self) -> None:
        while True:
            self._around.turns.sleep(SWEEP_EVERY_S)
            self._tasks.sweep(self._services)


def make_services(around: Surroundings, worker_id: str) -> Services:
    """Return the world of one simulated process."""
    return Services(
        worker_id=worker_id,
        store=around.store,
        images=around.images,
        queue=around.broker,
        detector=LoadedOnce(lambda: PatientDetector(around.turns, around.rng)),
        embedder=LoadedOnce(StandInEmbedder),
        sleep=around.turns.sleep,
        reads_at_a_time=1,  # threads of a pool are no actors: nothing would befall them by the seed
    )
