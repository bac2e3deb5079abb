"""What is said on one connection: a message, an answer, and an end in good order.

``true`` is answered only where a picture is in the image store and its row committed. Where it is
not, the connection is closed with a reason, whatever went wrong.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State
from websockets.sync.server import ServerConnection

from api.context import Context
from api.robot_door.aftermath import Aftermath
from api.robot_door.closing import NOT_NOW, close_code, close_reason
from api.robot_door.commands import find_commands
from api.robot_door.messages import (
    AfterPicturesEnded,
    CommandsWanted,
    MessageError,
    Order,
    Picture,
    parse_order,
    parse_picture,
)
from api.robot_door.metrics import DoorMetrics
from api.robot_door.sessions import keep_picture
from sorter.errors import SorterBotError, TransientError

RECEIVE_WITHIN_S = 180.0
"""For one message; 2 MB come in it at 100 kbit/s."""

LOOK_EVERY_S = 5.0
PATIENCE_S = 20.0
"""For so long a picture that cannot be kept now is tried again. Who asks for commands waits longer:
its program ends where it gets none.
"""

FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 2.0
N_KEEPING = 16
"""Pictures on their way into store and rows at once; below the database's connections."""

Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Door:
    """What every conversation of a process works with."""

    context: Context
    metrics: DoorMetrics
    aftermath: Aftermath
    keeping: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(N_KEEPING)
    )


def converse(
    connection: ServerConnection,
    respond: Callable[[str | bytes], str | None],
    within_s: float | None,
) -> None:
    """Answer messages until the robot has no more, or one cannot be answered.

    Args:
        within_s: For so long a message may be waited for; ``None`` for as long as it takes.
    """
    with suppress(ConnectionClosed):
        while True:
            message = _receive(connection, within_s)
            try:
                answer = respond(message)
            except SorterBotError as error:
                connection.close(close_code(error), close_reason(str(error)))
                return
            if answer is not None:
                connection.send(answer)


def _receive(connection: ServerConnection, within_s: float | None) -> str | bytes:
    """Wait for a message.

    Raises:
        ConnectionClosed: None comes any more, or none came for long.
    """
    waited_s = 0.0
    while within_s is None or waited_s < within_s:
        try:
            return connection.recv(timeout=LOOK_EVERY_S)
        except TimeoutError:
            waited_s += LOOK_EVERY_S
        if connection.protocol.state is not State.OPEN:
            connection.close()  # the library waits for a peer that does not go, without a limit
    connection.close(NOT_NOW, "nothing came for long")
    return connection.recv()


class RobotTalk:
    """One robot's connection: pictures in, commands out."""

    def __init__(self, door: Door, connection: ServerConnection) -> None:
        self._door = door
        self._connection = connection

    def respond(self, message: str | bytes) -> str | None:
        """Return what the original would answer, if anything.

        Raises:
            SorterBotError: It cannot be answered.
            ConnectionClosed: The robot has gone meanwhile.
        """
        request_id = self._door.context.services.make_id()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if isinstance(message, bytes):
                return self._counted("picture", lambda: self._keep(message, request_id))
            return self._counted("order", lambda: self._follow(parse_order(message), request_id))

    def _keep(self, message: bytes, request_id: str) -> str:
        picture = parse_picture(message)
        header = picture.header
        with self._door.keeping:
            session_id = self._patiently(lambda: self._kept(picture, request_id), PATIENCE_S)
        log.info(
            "picture_kept",
            arm_id=header.arm_id,
            session=header.session_id,
            name=header.image_name,
            session_id=session_id,
        )
        return "true"

    def _kept(self, picture: Picture, request_id: str) -> str:
        return keep_picture(self._door.context, picture, request_id).session_id

    def _follow(self, order: Order, request_id: str) -> str | None:
        if isinstance(order, AfterPicturesEnded):
            self._door.aftermath.end_after_pictures(order.arm_id, order.session_id, request_id)
            return None
        return self._command(order, request_id)

    def _command(self, wanted: CommandsWanted, request_id: str) -> str:
        context, arm_id = self._door.context, wanted.arm_constants.arm_id
        pairs = self._patiently(
            lambda: find_commands(context, wanted, request_id, self._pause), math.inf
        )
        log.info("commands_told", arm_id=arm_id, session=wanted.session_id, n_commands=len(pairs))
        self._door.aftermath.draw_before(arm_id, wanted.session_id)
        return json.dumps(pairs)

    def _pause(self, seconds: float) -> None:
        """Wait, as long as the robot does.

        Raises:
            ConnectionClosed: It has gone.
            MessageError: It sends more than it awaits answers to.
            TransientError: This process is asked to stop, and another one can be asked.
        """
        if self._door.context.leaving.is_set():
            raise TransientError("the door is closing; ask again")
        try:
            self._connection.recv(timeout=seconds)
        except TimeoutError:
            return
        raise MessageError("one message at a time: the last one is not answered yet")

    def _patiently(self, attempt: Callable[[], Answer], within_s: float) -> Answer:
        """Try for so long what may succeed later: the robot asks once."""
        services = self._door.context.services
        until_s = services.monotonic_s() + within_s
        pause_s = FIRST_RETRY_S
        while True:
            try:
                return attempt()
            except TransientError:
                if services.monotonic_s() + pause_s > until_s:
                    raise
            self._pause(pause_s)
            pause_s = min(2 * pause_s, LONGEST_RETRY_S)

    def _counted(self, command: str, answer: Callable[[], str | None]) -> str | None:
        """Count a message by how it ended, and log what failed."""
        end = "failed"
        try:
            said = answer()
            end = "answered"
        except ConnectionClosed:
            end = "lost"
            log.info("robot_went", command=command)
            raise
        except SorterBotError as error:
            end = "refused"
            log.warning("refused", command=command, reason=str(error))
            raise
        finally:
            self._door.metrics.messages.labels(command, end).inc()
        return said
