"""The process that tells others outside what happens: ``python -m workers.feeds``.

What it tells whom is said in docs/original-robot.md. It reads the database and nothing else of
ours, and whatever it does, no gateway and no worker waits for it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from sorter.errors import InvalidInputError, SorterBotError
from storage.bootstrap import make_image_store, make_store
from storage.original_settings import (
    DATABASE_URL,
    IMAGE_STORE,
    ORIGINAL_NAMES,
    PANEL_HOST,
    wants_feeds,
    with_original_settings,
)
from storage.schema import check_schema
from storage.sql.outbox import SqlEventFeed
from workers.alive import AliveFile, run_alive
from workers.feeding import Feeder, Tell
from workers.logs import configure_logs
from workers.panel import ControlPanel
from workers.telling import NAMES_FEED, PANEL_FEED, PANEL_KEYS, name_picture, tell_panel

_log = structlog.get_logger(__name__)


def main() -> None:
    """Feed until SIGTERM; end with one sentence where that cannot begin."""
    configure_logs(os.environ.get("SORTERBOT_LOG_LEVEL", "INFO"))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        feeders = make_feeders(with_original_settings(os.environ), stop)
    except SorterBotError as error:
        sys.exit(f"The feeds do not start: {error}")
    alive = os.environ.get("SORTERBOT_ALIVE_FILE")
    run(feeders, stop, AliveFile(Path(alive) if alive else None))


def make_feeders(variables: Mapping[str, str], stop: threading.Event) -> list[Feeder]:
    """Return what these variables ask for: the panel's feed, the original's names, or both.

    Raises:
        InvalidInputError: They ask for neither, or one makes no sense.
        SchemaError: The database's schema is not the one that this code needs.
        TransientError: The database does not answer.
    """
    if not wants_feeds(variables):
        raise InvalidInputError(f"neither {PANEL_HOST} nor {ORIGINAL_NAMES}=1 is set")
    database_url = _required(variables, DATABASE_URL)
    feeders: list[Feeder] = []

    def add(name: str, tell: Tell, keys_like: str | None = None) -> None:
        feed = SqlEventFeed(database_url, name, keys_like)
        feeders.append(Feeder(feed, tell, stop, time.monotonic))

    if variables.get(PANEL_HOST):
        panel = ControlPanel(variables[PANEL_HOST], sleep=stop.wait)
        in_bucket = urlsplit(variables.get(IMAGE_STORE, "")).scheme == "s3"
        add(PANEL_FEED, partial(tell_panel, send=panel.send, in_bucket=in_bucket), PANEL_KEYS)
    if variables.get(ORIGINAL_NAMES) == "1":
        images = make_image_store(_required(variables, IMAGE_STORE))
        store = make_store(database_url)
        add(NAMES_FEED, partial(name_picture, store=store, images=images))
    check_schema(database_url)
    return feeders


def run(feeders: list[Feeder], stop: threading.Event, alive: AliveFile) -> None:
    """Run each feeder in a thread until ``stop`` is set; as :func:`workers.alive.run_alive`."""
    _log.info("feeds ready", n=len(feeders))
    run_alive([partial(_run, feeder) for feeder in feeders], stop, alive)


def _run(feeder: Feeder) -> None:
    try:
        feeder.run()
    finally:
        feeder.feed.close()


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name, "")
    if not value:
        raise InvalidInputError(f"the environment variable {name} is not set")
    return value


if __name__ == "__main__":
    main()
