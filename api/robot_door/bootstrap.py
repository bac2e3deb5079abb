"""Puts a door's process together from its environment, and runs it until it is asked to stop."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from ipaddress import ip_network

import structlog

from api.bootstrap import services_from, settings_from
from api.context import make_context
from api.logs import configure_logs
from api.robot_door.aftermath import Aftermath
from api.robot_door.conversation import Door
from api.robot_door.metrics import DoorMetrics
from api.robot_door.server import LOOPBACK, PORT, DoorServer, DoorSettings, Network
from sorter.errors import InvalidInputError, SorterBotError
from storage.original_settings import with_original_settings

TOKEN_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
MIN_TOKEN_LENGTH = 16
MAX_TOKEN_LENGTH = 200
PREFIX = "SORTERBOT_DOOR_"

log = structlog.get_logger(__name__)


def run_from_environment() -> int:
    """Run the door that the environment describes; return the process's exit status."""
    configure_logs(os.environ.get("SORTERBOT_LOG_LEVEL", "INFO"))
    try:
        run(with_original_settings(os.environ))
    except SorterBotError as error:
        sys.stderr.write(f"The robots' door does not open: {error}\n")
        return 1
    return 0


def run(environment: Mapping[str, str]) -> None:
    """Answer robots until SIGTERM or Ctrl-C, then close every connection in good order.

    Raises:
        InvalidInputError: A variable is missing or makes no sense, or the port cannot be had.
        SchemaError: The database's schema is not the one that this code needs.
        TransientError: The database does not answer.
    """
    logging.getLogger("websockets").setLevel(logging.WARNING)  # each heartbeat is a connection
    settings = door_settings_from(environment)
    context = make_context(services_from(environment), settings_from(environment))
    with Aftermath(context) as aftermath:
        door = Door(context, DoorMetrics(context.metrics.registry), aftermath)
        try:
            server = DoorServer(door, settings)
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise InvalidInputError(f"{where} cannot be had: {error.strerror}") from error
        closing = threading.Thread(target=server.shutdown)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None if closing.ident else closing.start())
        log.info("door_open", host=settings.host, port=server.port)
        server.serve_forever()
        closing.join()


def door_settings_from(environment: Mapping[str, str]) -> DoorSettings:
    """Read where the door is, and for whom.

    Raises:
        InvalidInputError: A port, network or token makes no sense.
    """
    host = environment.get(f"{PREFIX}HOST") or LOOPBACK
    port = environment.get(f"{PREFIX}PORT") or str(PORT)
    if not port.isdecimal() or int(port) > 65_535:
        raise InvalidInputError(f"{PREFIX}PORT must be a port, not {port!r}")
    texts = environment.get(f"{PREFIX}NETWORKS", "").split(",")
    networks = tuple(_network(text.strip()) for text in texts if text.strip())
    return DoorSettings(host, int(port), networks, _token(environment.get(f"{PREFIX}TOKEN", "")))


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise InvalidInputError(f"{PREFIX}NETWORKS holds {text!r}, no network: {error}") from error


def _token(text: str) -> str:
    is_long_enough = MIN_TOKEN_LENGTH <= len(text) <= MAX_TOKEN_LENGTH
    if text and not (is_long_enough and set(text) <= TOKEN_CHARACTERS):
        raise InvalidInputError(
            f"{PREFIX}TOKEN must have {MIN_TOKEN_LENGTH} to {MAX_TOKEN_LENGTH} letters, digits,"
            " '-' or '_'"
        )
    return text
