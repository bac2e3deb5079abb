"""Server-sent events: lines in, events out.

Source: the HTML standard, 9.2.6, interpreting an event stream.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from robot.errors import GatewayAwayError

Connect = Callable[[int], AbstractContextManager[httpx.Response]]
"""Opens the stream of what came after an event's number; raises where the gateway says no."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One change of a session; come back with its ``event_id`` for what follows."""

    event_id: int
    kind: str
    data: dict[str, Any]


def read_events(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """Yield each event that ends in a blank line; one that the stream cuts off does not count.

    Raises:
        ValueError: An event's id is no number, or its data no JSON.
    """
    fields: dict[str, list[str]] = {}
    for line in lines:
        if not line:
            if "id" in fields and "data" in fields:
                yield _event(fields)
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))


def _event(fields: dict[str, list[str]]) -> ServerEvent:
    kind = fields.get("event", ["message"])[-1]
    return ServerEvent(int(fields["id"][-1]), kind, json.loads("\n".join(fields["data"])))


class EventReader:
    """Reads one session's events, each once, over as many connections as that takes."""

    def __init__(self, connect: Connect, after_id: int) -> None:
        self._connect = connect
        self._after_id = after_id
        self._connection = ExitStack()
        self._events: Iterator[ServerEvent] | None = None

    def read_next(self) -> ServerEvent | None:
        """Return the next event as soon as it happens, or ``None`` where no more will.

        Raises:
            GatewayAwayError: The stream broke; called again, this takes it up where it broke.
        """
        while True:
            is_fresh = self._events is None
            events = self._events if self._events is not None else self._open()
            if events is None:
                return None
            event = self._read_from(events)
            if event is not None:
                self._after_id = event.event_id
                return event
            if is_fresh:
                raise GatewayAwayError("the event stream ended before it told anything")

    def close(self) -> None:
        """Hang up."""
        self._events = None
        self._connection.close()

    def _open(self) -> Iterator[ServerEvent] | None:
        response = self._connection.enter_context(self._connect(self._after_id))
        if response.status_code == HTTPStatus.NO_CONTENT:
            self.close()
            return None
        self._events = read_events(response.iter_lines())
        return self._events

    def _read_from(self, events: Iterator[ServerEvent]) -> ServerEvent | None:
        """Return the stream's next event; ``None`` where the stream ended in order."""
        try:
            event = next(events, None)
        except (httpx.HTTPError, ValueError) as error:
            self.close()
            raise GatewayAwayError(f"the event stream broke: {error!r}") from error
        if event is None:
            self.close()
        return event
