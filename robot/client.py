"""The robot's side of the wire: every call of the gateway, tried until it is answered."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Self, TypeVar

import httpx

from robot.answers import (
    AcceptedImage,
    Document,
    SessionStatus,
    asked_pause_s,
    check_answer,
    document_of,
)
from robot.errors import GatewayAwayError, GatewayRefusedError
from robot.retrying import IMPATIENT, Patience, Retrying
from robot.server_events import EventReader, ServerEvent
from sorter.errors import InvalidInputError
from sorter.types import Arm

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
"""A picture of 20 MB over a slow line goes out in pieces, each of which has that long."""

MARGIN_S = 15.0
"""How much longer than asked for a waiting call may take."""

EVENT_SILENCE_S = 60.0
"""An event stream that says nothing for so long, not even that it is still there, is broken."""

SHORTEST_PAUSE_S = 0.1

Value = TypeVar("Value")
OnStatus = Callable[[SessionStatus], None]


def ignore_status(_status: SessionStatus) -> None:
    """Take notice of a session's progress and do nothing."""


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a session is to be. ``expected_images`` ``None``: until it is completed."""

    arm_id: str
    expected_images: int | None = None
    min_images: int = 1
    deadline_s: float = 600.0


class GatewayClient:
    """Speaks for one arm. Safe to use from several threads.

    Every method but :meth:`is_ready` tries again, within ``patience``, while the gateway is
    away; each is safe to repeat.

    Raises:
        GatewayRefusedError: The gateway said no, with its reason; never tried again.
        GatewayAwayError: It was away until the patience ended.
    """

    def __init__(
        self, http: httpx.Client, retrying: Retrying, patience: Patience | None = None
    ) -> None:
        self._http = http
        self._retrying = retrying
        self.patience = patience or Patience()

    def register_arm(self, arm: Arm) -> Document:
        """Register or change the arm; return it as the gateway knows it."""
        return self._call("PUT", f"/arms/{arm.arm_id}", json=arm_body(arm))

    def open_session(
        self, wanted: SessionRequest, idempotency_key: str, patience: Patience | None = None
    ) -> SessionStatus:
        """Open a session, or get back the one that the same key opened before."""
        headers = {"Idempotency-Key": idempotency_key}
        answer = self._call("POST", "/sessions", patience, json=asdict(wanted), headers=headers)
        return _read(SessionStatus.from_document, answer)

    def post_image(
        self, session_id: str, position_pw: float, data: bytes, patience: Patience | None = None
    ) -> AcceptedImage:
        """Post one picture; once this returns, the gateway has kept these very bytes."""

        def attempt() -> AcceptedImage:
            path = f"/sessions/{session_id}/images/{position_pw:.12g}"
            response = self._send("POST", path, content=data)
            if response.status_code != HTTPStatus.ACCEPTED:
                raise GatewayAwayError(f"expected a receipt (202), not {response.status_code}")
            receipt = _read(AcceptedImage.from_document, document_of(response))
            if receipt.sha256 != hashlib.sha256(data).hexdigest():
                raise GatewayAwayError("the receipt is for other bytes than were sent")
            return receipt

        return self._retrying(attempt, patience or self.patience)

    def complete_session(self, session_id: str, patience: Patience | None = None) -> SessionStatus:
        """Say that no more pictures come."""
        answer = self._call("POST", f"/sessions/{session_id}/complete", patience)
        return _read(SessionStatus.from_document, answer)

    def load_session(self, session_id: str) -> SessionStatus:
        """Ask how far a session is."""
        return _read(SessionStatus.from_document, self._call("GET", f"/sessions/{session_id}"))

    def await_plan(
        self,
        session_id: str,
        *,
        within_s: float = 600.0,
        wait_s: float = 30.0,
        on_status: OnStatus = ignore_status,
    ) -> dict[str, Any]:
        """Return the session's plan document once there is one.

        Args:
            wait_s: How long one call waits; ``on_status`` is told after each that ends without.

        Raises:
            GatewayRefusedError: The session failed.
            GatewayAwayError: There was no plan within ``within_s``.
        """
        clock_s = self._retrying.monotonic_s
        until_s = clock_s() + within_s
        while True:
            began_s = clock_s()
            response = self._ask_for_plan(session_id, wait_s)
            if response.status_code == HTTPStatus.OK:
                return document_of(response)
            status = _read(SessionStatus.from_document, document_of(response))
            on_status(status)
            if clock_s() >= until_s:
                raise GatewayAwayError(f"no plan within {within_s:g} s: {status.why}")
            if clock_s() - began_s < wait_s / 2:  # the gateway had no place left for a waiter
                self._retrying.pause(max(asked_pause_s(response), SHORTEST_PAUSE_S))

    def follow_events(self, session_id: str, after_id: int = 0) -> Iterator[ServerEvent]:
        """Yield the session's changes as they happen, each once, until there are no more."""
        reader = EventReader(partial(self._event_stream, session_id), after_id)
        try:
            while (event := self._retrying(reader.read_next, self.patience)) is not None:
                yield event
        finally:
            reader.close()

    def report_outcomes(self, session_id: str, outcomes: Sequence[Document]) -> Document:
        """Tell what became of commands; return all that is known.

        Args:
            outcomes: Each with ``command`` (its order), ``result`` (picked, missed, dropped)
                and perhaps ``note``.
        """
        body = {"outcomes": [dict(outcome) for outcome in outcomes]}
        return self._call("POST", f"/sessions/{session_id}/outcomes", json=body)

    def is_ready(self) -> bool:
        """Whether a picture sent now would be taken in; asks once."""
        try:
            self._retrying(lambda: self._send("GET", "/readyz"), IMPATIENT)
        except (GatewayAwayError, GatewayRefusedError):
            return False
        return True

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(
        self, method: str, path: str, patience: Patience | None = None, **options: Any
    ) -> dict[str, Any]:
        return self._retrying(
            lambda: document_of(self._send(method, path, **options)), patience or self.patience
        )

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send once; return a success."""
        try:
            response = self._http.request(method, path, **options)
        except httpx.RequestError as error:
            raise _away(error) from error
        check_answer(response)
        return response

    def _ask_for_plan(self, session_id: str, wait_s: float) -> httpx.Response:
        ask = partial(
            self._send,
            "GET",
            f"/sessions/{session_id}/commands",
            params={"wait": f"{wait_s:g}"},
            timeout=httpx.Timeout(wait_s + MARGIN_S, connect=5.0),
        )
        return self._retrying(ask, self.patience)

    @contextmanager
    def _event_stream(self, session_id: str, after_id: int) -> Iterator[httpx.Response]:
        path = f"/sessions/{session_id}/events"
        headers = {"Last-Event-ID": str(after_id)}
        timeout = httpx.Timeout(EVENT_SILENCE_S, connect=5.0)
        try:
            with self._http.stream("GET", path, headers=headers, timeout=timeout) as response:
                if not response.is_success:
                    response.read()
                check_answer(response)
                yield response
        except httpx.RequestError as error:
            raise _away(error) from error


def _away(error: httpx.RequestError) -> GatewayAwayError:
    return GatewayAwayError(f"the gateway does not answer: {str(error) or type(error).__name__}")


def _read(read: Callable[[Document], Value], document: Document) -> Value:
    """Return what an answer says.

    Raises:
        GatewayAwayError: It lacks what the gateway always says: something else answered.
    """
    try:
        return read(document)
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayAwayError(f"the answer is not the gateway's: {error!r}") from error


def connect(
    gateway_url: str,
    key: str,
    *,
    rng: random.Random,
    patience: Patience | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> GatewayClient:
    """Return a client for one arm's key; nothing is sent yet.

    Raises:
        InvalidInputError: ``gateway_url`` is no http or https address.
    """
    try:
        url = httpx.URL(gateway_url.rstrip("/"))
    except httpx.InvalidURL as error:
        raise InvalidInputError(f"not an address: {gateway_url}") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidInputError(
            f"a gateway's address begins with http:// or https://: {gateway_url}"
        )
    headers = {"Authorization": f"Bearer {key}"}
    http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT)
    return GatewayClient(http, Retrying(sleep, monotonic_s, rng), patience)


def arm_body(arm: Arm) -> dict[str, Any]:
    """Return an arm in the words of the wire, as the body that registers it."""
    body = asdict(arm)
    del body["arm_id"]
    body["leave_unsure"] = body.pop("leaves_unsure")
    if arm.calibrated_at is not None:
        body["calibrated_at"] = arm.calibrated_at.isoformat()
    return body
