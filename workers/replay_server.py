"""The process that makes the console's replays: ``python -m workers.replay_server``.

It has a worker's environment, and in ``SORTERBOT_REPLAY_PACKAGES`` the folder of the packages that
may be named. Reasons: docs/adr/0028-replays.md.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from sorter.errors import InvalidInputError, SorterBotError
from storage.bootstrap import make_image_store, make_store
from storage.original_settings import with_original_settings
from storage.schema import check_schema
from workers.alive import AliveFile, run_alive
from workers.bootstrap import Environment, read_environment
from workers.logs import configure_logs
from workers.replay_models import model_loaders, named_source
from workers.replaying import Replaying, serve_replays

PACKAGES = "SORTERBOT_REPLAY_PACKAGES"

_log = structlog.get_logger(__name__)


def main() -> None:
    """Make replays until SIGTERM; end with one sentence where that cannot begin."""
    try:
        environment = read_environment(with_original_settings(os.environ))
        serve(environment, packages_of(os.environ.get(PACKAGES, "")))
    except SorterBotError as error:
        sys.exit(f"The replays do not start: {error}")


def packages_of(folder: str) -> Path | None:
    """Return the folder of the packages; ``None`` where there are none to be named.

    Raises:
        InvalidInputError: It is no folder.
    """
    if not folder:
        return None
    packages = Path(folder)
    if not packages.is_dir():
        raise InvalidInputError(f"{PACKAGES} names {folder!r}, which is no folder")
    return packages


def make_replaying(environment: Environment, source_of: Callable[[str, str], str]) -> Replaying:
    """Return what replays work with.

    Args:
        source_of: As :func:`workers.replay_models.model_loaders` takes it.

    Raises:
        SchemaError: The database's schema is not the one that this code needs.
        TransientError: The database does not answer.
    """
    check_schema(environment.database_url)
    detector_of, embedder_of = model_loaders(environment, source_of)
    return Replaying(
        make_store(environment.database_url),
        make_image_store(environment.image_store),
        detector_of,
        embedder_of,
        clustering=environment.clustering,
        max_pixels=environment.max_image_pixels,
    )


def serve(environment: Environment, packages: Path | None) -> None:
    """Make what is wished, one after the other, until SIGTERM or Ctrl-C.

    A replay that is under way then is finished. Raises what :func:`make_replaying` raises.
    """
    configure_logs(environment.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    using = make_replaying(environment, lambda name, usual: named_source(name, packages, usual))
    _log.info("replays ready")
    run_alive([lambda: serve_replays(using, stop.is_set)], stop, AliveFile(environment.alive_file))


if __name__ == "__main__":
    main()
