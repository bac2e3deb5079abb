"""Brings what the spool holds to the gateway, however often the way breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from robot.answers import AcceptedImage
from robot.client import GatewayClient
from robot.errors import GatewayAwayError, GatewayRefusedError
from robot.retrying import IMPATIENT, Patience
from robot.spool import SpooledPicture, SpooledSession

ABOUT_THE_PICTURE = frozenset({409, 413, 415, 422})
"""Refusals that concern one picture; any other concerns the key or the session, so all of them."""

OnDelivered = Callable[[SpooledPicture, AcceptedImage], None]
"""Told of each picture that the gateway has kept, with its receipt."""


def ignore_delivery(_picture: SpooledPicture, _receipt: AcceptedImage) -> None:
    """Take notice of a delivered picture and do nothing."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A picture that the gateway would not take; it stays on the robot's disk."""

    position_pw: float
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one delivery came to: the session's id and how its pictures fared."""

    session_id: str
    n_sent: int
    refused: tuple[Refusal, ...]


def deliver(
    session: SpooledSession,
    client: GatewayClient,
    patience: Patience | None = None,
    on_delivered: OnDelivered = ignore_delivery,
) -> Delivery:
    """Open the session if need be, post every picture that waits, and complete it if it is whole.

    A picture leaves the disk only after its receipt. Safe to repeat from any point at which it,
    or the robot, broke off.

    Raises:
        GatewayRefusedError: The key or the session was refused; every picture still waits.
        GatewayAwayError: The gateway was away for longer than the patience, the client's own
            where none is given; whatever was not delivered still waits.
    """
    patience = patience or client.patience
    session_id = session.session_id or _open(session, client, patience)
    refused: list[Refusal] = []
    n_sent = 0
    for picture in session.load_waiting():
        try:
            receipt = client.post_image(session_id, picture.position_pw, picture.load(), patience)
        except GatewayRefusedError as error:
            if error.status not in ABOUT_THE_PICTURE:
                raise
            session.set_aside(picture, error.detail)
            refused.append(Refusal(picture.position_pw, error.detail))
        else:
            session.remove(picture)
            n_sent += 1
            on_delivered(picture, receipt)
    if session.is_complete:
        client.complete_session(session_id, patience)
    return Delivery(session_id, n_sent, tuple(refused))


def deliver_if_there(
    session: SpooledSession, client: GatewayClient, on_delivered: OnDelivered = ignore_delivery
) -> bool:
    """Deliver what can be delivered at once; return whether the gateway was there.

    For between two photographs: the arm does not stand still because the gateway does.

    Raises:
        GatewayRefusedError: The session itself was refused.
    """
    try:
        deliver(session, client, IMPATIENT, on_delivered)
    except GatewayAwayError:
        return False
    return True


def _open(session: SpooledSession, client: GatewayClient, patience: Patience) -> str:
    status = client.open_session(session.request, session.idempotency_key, patience)
    session.note_opened(status.session_id)
    return status.session_id
