"""The whole of SorterBot on one machine, as real processes that live and end together."""

from __future__ import annotations

import os
import shutil
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from cli.keyring import make_key_for
from cli.operator_keyring import local_operator_key, sign_in_address
from cli.programs import Programs
from cli.services.gpus import visible_gpus
from cli.services.network import LOOPBACK, free_port, require_free
from cli.services.postgres import PostgresServer
from cli.services.process import Program
from cli.services.redis import RedisServer
from cli.stack_folder import held_folder, load_passwords, save_connection
from cli.supervisor import Announce, Service, Supervisor
from sorter.errors import InvalidInputError, SorterBotError, TransientError
from storage.bootstrap import make_store
from storage.original_settings import wants_feeds
from storage.ports import Store
from storage.schema import migrate

DATABASE = "sorterbot"
ALIVE_WITHIN_S = 5.0
READY_WITHIN_S = 180.0


@dataclass(frozen=True, slots=True)
class StackSettings:
    """How a local stack is to be.

    Attributes:
        folder: Holds everything it keeps: data, pictures, logs; made where it does not exist.
        port: Where the gateway listens on the loopback address; 0 chooses a free one.
        robot_door_port: Where the door for the original's robots listens, if it is to; 0 chooses.
        robot_door_host: The address on which it does.
        flower_port: Where Flower listens on the loopback address, if it is to run; 0 chooses one.
        replay_packages: The packages that the console may replay sessions with, a folder each.
        is_durable: Whether what was accepted outlives the machine's failure; False is faster.
        keeps_data: Whether rows and pictures stay in the folder after the end.
        environment: Added to every process's environment, such as ``SORTERBOT_DETECTOR``.
    """

    folder: Path
    port: int = 8000
    n_gpu_workers: int = 1
    flower_port: int | None = None
    replay_packages: Path | None = None
    robot_door_port: int | None = None
    robot_door_host: str = LOOPBACK
    is_durable: bool = True
    keeps_data: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise InvalidInputError(f"a port lies between 1 and 65535, not {self.port}")
        if not 1 <= self.n_gpu_workers <= 64:
            raise InvalidInputError(f"gpu workers: 1 to 64, not {self.n_gpu_workers}")


Door = Callable[[str, int], int]
"""Returns where the stack's own processes reach ``postgres`` or ``redis``, by name and port."""


def _say_nothing(sentence: str) -> None:
    """Take an announcement and keep it."""


def _straight_in(_server: str, port: int) -> int:
    """Let every process reach a server where it listens."""
    return port


class LocalStack:
    """PostgreSQL, Redis, gateway, workers and beat, from :meth:`start` to :meth:`stop`.

    As a context manager it is started on entry. Its services are called ``postgres``,
    ``redis``, ``gateway``, ``gpu-worker``, ``gpu-worker-2``, ..., ``sort-worker``, ``beat`` and,
    where they are wanted, ``robot-door``, ``feeds``, ``replays`` and ``flower``.

    Attributes:
        flower_url: Where Flower answers, if it runs; ``flower_password`` lets ``operator`` in.
        own_variables: By a service's name, what is added to its environment at its next start.
    """

    def __init__(
        self,
        settings: StackSettings,
        announce: Announce = _say_nothing,
        door: Door = _straight_in,
    ) -> None:
        self.settings = settings
        self.folder = settings.folder.resolve()
        self.logs = self.folder / "logs"
        self.own_variables: dict[str, Mapping[str, str]] = {}
        self._announce = announce
        self._door = door
        self._held = ExitStack()

    def start(self) -> None:
        """Start everything and return once a picture could be posted and sorted.

        Raises:
            ConflictError: The gateway's port is taken, or another stack runs in the folder.
            SorterBotError: Something did not start; the message names its log.
        """
        try:
            self._start()
        except BaseException:  # Ctrl-C included: what has been started must not stay
            self.stop()
            raise

    def _start(self) -> None:
        self._held.enter_context(held_folder(self.folder))
        port = self.settings.port or free_port()
        require_free(port, "gateway")
        self.logs.mkdir(exist_ok=True)
        self.postgres, self.redis = self._servers(taken=port)
        self.gateway_url = f"http://{LOOPBACK}:{port}"
        self.database_url = self.postgres.url(DATABASE)
        self.environment = self._environment()
        save_connection(self.folder, self.environment)
        self.supervisor = self._held.enter_context(Supervisor(self._announce))
        self.supervisor.start(
            Service("postgres", self.postgres.prepare, self.postgres.is_ready),
            Service("redis", self.redis.prepare, self.redis.is_ready),
        )
        self.postgres.make_database(DATABASE)
        migrate(self.database_url)
        self.store: Store = make_store(self.database_url)
        self.supervisor.start(*self._own_services(port))
        self.supervisor.watch()

    def stop(self) -> None:
        """Stop everything, in reverse order; harmless where nothing runs."""
        self._held.close()
        if not self.settings.keeps_data:
            for name in ("postgres", "redis", "images"):
                shutil.rmtree(self.folder / name, ignore_errors=True)

    def make_key(self, arm_id: str) -> str:
        """Make a bearer key for an arm, which is registered if it is not; return its text."""
        return make_key_for(self.store, arm_id)

    @property
    def console_address(self) -> str:
        """Where the console is, with the key of whoever runs this stack."""
        return sign_in_address(self.gateway_url, local_operator_key(self.store, self.folder))

    def kill(self, name: str) -> int:
        """Kill a service's main process as ``kill -9`` does; return its number."""
        return self.supervisor.kill(name)

    def _servers(self, taken: int) -> tuple[PostgresServer, RedisServer]:
        passwords = load_passwords(self.folder)
        port = free_port(frozenset({taken}))
        is_durable = self.settings.is_durable
        return (
            PostgresServer(self.folder / "postgres", port, passwords["postgres"], is_durable),
            RedisServer(
                self.folder / "redis",
                free_port(frozenset({taken, port})),
                passwords["redis"],
                is_durable,
            ),
        )

    def _environment(self) -> dict[str, str]:
        postgres = replace(self.postgres, port=self._door("postgres", self.postgres.port))
        redis = replace(self.redis, port=self._door("redis", self.redis.port))
        return {
            "SORTERBOT_DATABASE_URL": postgres.url(DATABASE),
            "SORTERBOT_BROKER_URL": redis.url(0),
            "SORTERBOT_RESULTS_URL": redis.url(1),
            "SORTERBOT_IMAGE_STORE": (self.folder / "images").as_uri(),
            **({} if self.settings.flower_port is None else {"SORTERBOT_TASK_EVENTS": "1"}),
            **self.settings.environment,
        }

    def _own_services(self, port: int) -> list[Service]:
        gpus = visible_gpus({**os.environ, **self.environment})
        programs = Programs(self.folder, self.environment, self.settings.n_gpu_workers, gpus)
        numbers = range(1, self.settings.n_gpu_workers + 1)
        have_gpu = self._workers_joined("gpu", len(numbers))
        return [
            self._service(programs.gateway(port), lambda: answers(f"{self.gateway_url}/healthz")),
            *(self._service(programs.gpu_worker(number), have_gpu) for number in numbers),
            self._service(programs.sort_worker(), self._workers_joined("sort", 1)),
            self._service(programs.beat()),
            *self._robot_door(programs),
            *([self._service(programs.feeds())] if self._has_feeds() else []),
            *self._replays(programs),
            *self._flower(programs),
        ]

    def _has_feeds(self) -> bool:
        return wants_feeds({**os.environ, **self.environment})

    def _replays(self, programs: Programs) -> list[Service]:
        packages = self.settings.replay_packages
        return [] if packages is None else [self._service(programs.replays(packages))]

    def _robot_door(self, programs: Programs) -> list[Service]:
        """Return the door for the original's robots where it is wanted.

        Raises:
            ConflictError: Its port is taken.
        """
        if self.settings.robot_door_port is None:
            return []
        port = self.settings.robot_door_port or free_port()
        require_free(port, "robots' door")
        host = self.settings.robot_door_host
        self.robot_door_address = f"{host}:{port}"
        reached = LOOPBACK if host == "0.0.0.0" else host  # noqa: S104 - compared, not listened on
        program = programs.robot_door(host, port)
        return [self._service(program, lambda: answers(f"http://{reached}:{port}/healthz"))]

    def _flower(self, programs: Programs) -> list[Service]:
        """Return Flower where it is wanted.

        Raises:
            ConflictError: Its port is taken.
            SorterBotError: It is not installed.
        """
        if self.settings.flower_port is None:
            return []
        if find_spec("flower") is None:
            raise SorterBotError("Flower is not installed; it comes with sorterbot[flower]")
        port = self.settings.flower_port or free_port()
        require_free(port, "Flower")
        self.flower_url = f"http://{LOOPBACK}:{port}"
        self.flower_password = load_passwords(self.folder)["flower"]
        program = programs.flower(port, self.flower_password)
        return [self._service(program, lambda: answers(f"{self.flower_url}/healthcheck"))]

    def _service(self, program: Program, is_ready: Callable[[], bool] = lambda: True) -> Service:
        def prepare() -> Program:
            own = self.own_variables.get(program.name, {})
            return replace(program, environment={**program.environment, **own})

        return Service(program.name, prepare, is_ready, READY_WITHIN_S)

    def _workers_joined(self, queue: str, n: int) -> Callable[[], bool]:
        """Return the question whether ``n`` workers live that did not before this start."""
        earlier = {worker.worker_id for worker in self.store.load_workers(ALIVE_WITHIN_S)}

        def have_joined() -> bool:
            try:
                alive = self.store.load_workers(ALIVE_WITHIN_S)
            except TransientError:
                return False
            return sum(w.queue == queue and w.worker_id not in earlier for w in alive) >= n

        return have_joined

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def answers(url: str) -> bool:
    """Whether the address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == HTTPStatus.OK)
    except (OSError, HTTPException):
        return False
